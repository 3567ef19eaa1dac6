package live

import (
	"testing"
	"time"

	"sshaudit/audit"

	"github.com/google/go-cmp/cmp"
)

func TestFindingsAreCountedByKindAndAccount(t *testing.T) {
	find := func(check string, s audit.Severity, user audit.Untrusted) audit.Finding {
		return audit.Finding{Check: check, Severity: s, Effect: audit.Blocks, User: user}
	}
	started := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	got := NewSnapshot(&audit.Report{Started: started, Duration: 200 * time.Millisecond, Findings: []audit.Finding{
		find("a", audit.Notice, "carol"), find("a", audit.Notice, "bob"), find("b", audit.Critical, "dave"),
		find("a", audit.Notice, "carol"), find("b", audit.Warning, "alice"), find("c", audit.Critical, ""),
	}})
	wantCounts := map[Kind]int{
		{"a", audit.Notice, audit.Blocks}:   3,
		{"b", audit.Critical, audit.Blocks}: 1,
		{"b", audit.Warning, audit.Blocks}:  1,
		{"c", audit.Critical, audit.Blocks}: 1,
	}
	if d := cmp.Diff(wantCounts, got.Counts); d != "" {
		t.Errorf("counts (-want +got):\n%s", d)
	}
	wantUsers := []UserCount{
		{User: "dave", Critical: 1}, {User: "alice", Warning: 1}, {User: "carol", Notice: 2}, {User: "bob", Notice: 1},
	}
	if d := cmp.Diff(wantUsers, got.Users); d != "" {
		t.Errorf("users (-want +got):\n%s", d)
	}
	if !got.LastAudit.Equal(started) || !got.Attempted || got.Durations.Sum != 0.2 {
		t.Errorf("got %+v", got)
	}
}

func TestDurationsAreCumulativeAndShareNothing(t *testing.T) {
	first := Durations{}.with(auditBounds, 40*time.Millisecond)
	second := first.with(auditBounds, 700*time.Second)
	if first.Count != 1 || second.Count != 2 {
		t.Fatalf("counts %d and %d, want 1 and 2", first.Count, second.Count)
	}
	for i, b := range second.Buckets {
		if b.Count != 1 || first.Buckets[i].Count != 1 {
			t.Errorf("bucket up to %v s holds %d, want the short audit only", b.Bound, b.Count)
		}
		if i > 0 && b.Bound <= second.Buckets[i-1].Bound {
			t.Errorf("bucket %v s follows %v s", b.Bound, second.Buckets[i-1].Bound)
		}
	}
	third := second.with(auditBounds, time.Second, time.Second)
	if second.Buckets[4].Bound != 1 || second.Buckets[4].Count != 1 || third.Buckets[4].Count != 3 {
		t.Errorf("audits of exactly one second: %+v", third.Buckets[4])
	}
}
