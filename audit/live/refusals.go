package live

import (
	"maps"
	"sync"

	"sshaudit/audit/serverlog"
)

// Refusals counts the logins that sshd refused, by reason, as its log tells
// them. Its memory is bounded. The zero value is ready for use.
type Refusals struct {
	mu      sync.Mutex
	counter serverlog.Counter
	counts  map[string]uint64
}

// Add takes in the next line of the log; one goroutine adds.
func (r *Refusals) Add(e *serverlog.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	reason, refused := r.counter.Add(e)
	if !refused {
		return
	}
	if r.counts == nil {
		r.counts = make(map[string]uint64)
	}
	r.counts[reason]++
}

// Counts returns how many refusals there were since the start, for every
// reason of serverlog.Reasons.
func (r *Refusals) Counts() map[string]uint64 {
	counts := make(map[string]uint64)
	for _, reason := range serverlog.Reasons() {
		counts[reason] = 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.Copy(counts, r.counts)
	return counts
}
