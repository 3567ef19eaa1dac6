package live

import (
	"slices"
	"time"
)

// auditBounds are the upper bounds, in seconds, of the buckets of the durations of
// audits: from a small host's tenth of a second to the limit of an audit.
var auditBounds = []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600}

// verdictBounds are those of the times from an event to the verdict.
var verdictBounds = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}

// Durations is a distribution of durations: a classic histogram. The zero value
// has no buckets and is empty.
type Durations struct {
	// Count is the number of durations, Sum all of them together, in seconds.
	Count uint64
	Sum   float64
	// Buckets are cumulative and in rising order.
	Buckets []Bucket
}

// Bucket counts the durations of at most Bound seconds.
type Bucket struct {
	Bound float64
	Count uint64
}

// with returns the distribution with more durations. It shares nothing with d.
func (d Durations) with(bounds []float64, more ...time.Duration) Durations {
	if len(more) == 0 && d.Buckets != nil {
		return d
	}
	next := Durations{Count: d.Count, Sum: d.Sum, Buckets: slices.Clone(d.Buckets)}
	if next.Buckets == nil {
		for _, bound := range bounds {
			next.Buckets = append(next.Buckets, Bucket{Bound: bound})
		}
	}
	for _, took := range more {
		next.Count++
		next.Sum += took.Seconds()
		for i := range next.Buckets {
			if took.Seconds() <= next.Buckets[i].Bound {
				next.Buckets[i].Count++
			}
		}
	}
	return next
}

// since returns the durations from moments to now.
func since(moments []time.Time, now time.Time) []time.Duration {
	list := make([]time.Duration, len(moments))
	for i, at := range moments {
		list[i] = now.Sub(at)
	}
	return list
}
