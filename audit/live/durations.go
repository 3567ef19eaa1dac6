package live

import (
	"slices"
	"time"
)

// durationBounds are the upper bounds, in seconds, of the buckets of audit
// durations: from a small host's tenth of a second to the limit of an audit.
var durationBounds = [...]float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600}

// Durations is the distribution of the durations of audits: a classic histogram.
type Durations struct {
	// Count is the number of audits, Sum their durations together, in seconds.
	Count uint64
	Sum   float64
	// Buckets are cumulative and in rising order; empty while Count is 0.
	Buckets []Bucket
}

// Bucket counts the audits that took at most Bound seconds.
type Bucket struct {
	Bound float64
	Count uint64
}

// with returns the distribution with one more duration. It shares nothing with d.
func (d Durations) with(took time.Duration) Durations {
	next := Durations{Count: d.Count + 1, Sum: d.Sum + took.Seconds(), Buckets: slices.Clone(d.Buckets)}
	if next.Buckets == nil {
		for _, bound := range durationBounds {
			next.Buckets = append(next.Buckets, Bucket{Bound: bound})
		}
	}
	for i := range next.Buckets {
		if took.Seconds() <= next.Buckets[i].Bound {
			next.Buckets[i].Count++
		}
	}
	return next
}
