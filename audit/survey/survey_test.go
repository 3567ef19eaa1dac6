package survey

import (
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/settings"
)

// surveyed audits a made host.
func surveyed(tb testing.TB, root string, users ...string) *audit.Report {
	tb.Helper()
	s, err := Open(tb.Context(), Options{Root: root, Settings: settings.Default(), Users: users})
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	r, err := s.Run(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestEveryFaultIsFoundAndNothingElse(t *testing.T) {
	host := makeHost(t, 2000)
	r := surveyed(t, host.root)
	if r.Users != 2001 {
		t.Errorf("%d accounts audited, want 2000 and root", r.Users)
	}
	if len(host.faulty) < 20 {
		t.Fatalf("only %d faults were made: the host proves nothing", len(host.faulty))
	}
	found := make(map[string]string)
	blocked := 0
	for _, f := range r.Findings {
		if f.User == "" {
			continue
		}
		if other, twice := found[string(f.User)]; twice {
			t.Errorf("%s: %s and %s", f.User, other, f.Check)
		}
		found[string(f.User)] = f.Check
		if f.Effect == audit.Blocks {
			blocked++
		}
	}
	for user, check := range host.faulty {
		if found[user] != check {
			t.Errorf("%s: found %q, want %q", user, found[user], check)
		}
		delete(found, user)
	}
	for user, check := range found {
		t.Errorf("%s is in order and has the finding %s", user, check)
	}
	if r.Blocked != blocked {
		t.Errorf("Blocked = %d, want %d", r.Blocked, blocked)
	}
}

func BenchmarkCheck10000(b *testing.B) { benchmarkCheck(b, 10_000) }

func BenchmarkCheck100000(b *testing.B) { benchmarkCheck(b, 100_000) }

func benchmarkCheck(b *testing.B, n int) {
	host := makeHost(b, n)
	b.ReportAllocs()
	for b.Loop() {
		surveyed(b, host.root)
	}
}
