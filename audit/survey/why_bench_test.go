package survey

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/decide"
	"sshaudit/audit/settings"
)

// BenchmarkWhy100000 asks about one login on a host with 100,000 accounts, as
// the command does: the host is read anew for each answer. Of the homes only the
// account's own exists, for no other one is looked at.
func BenchmarkWhy100000(b *testing.B) {
	options := WhyOptions{Root: manyAccounts(b, 100_000), Settings: settings.Default(), Request: decide.Request{
		User: "user050000", From: netip.MustParseAddr("203.0.113.7"), Service: decide.SFTP, Method: decide.Publickey,
	}}
	spent := cpuTime(b)
	for b.Loop() {
		r, err := Why(b.Context(), options)
		if err != nil {
			b.Fatal(err)
		}
		if r.Verdict == audit.Refuse {
			b.Fatalf("%+v", r.Causes)
		}
	}
	b.ReportMetric((cpuTime(b)-spent)*1e3/float64(b.N), "cpu-ms/op")
}

// manyAccounts makes the account files of a host, and one home.
func manyAccounts(tb testing.TB, n int) string {
	tb.Helper()
	s := makeHost(tb, 0)
	var passwd, group, shadow bytes.Buffer
	for i := range n {
		name, uid := fmt.Sprintf("user%06d", i), 10000+i
		fmt.Fprintf(&passwd, "%s:x:%d:%d:Customer %d,,,:/home/%s:/bin/bash\n", name, uid, uid, i, name)
		fmt.Fprintf(&group, "%s:x:%d:\n", name, uid)
		fmt.Fprintf(&shadow, "%s:$6$saltsalt$%086d:19000:0:99999:7:::\n", name, i)
	}
	s.write(tb, "etc/passwd", passwd.Bytes(), 0o644)
	s.write(tb, "etc/group", group.Bytes(), 0o644)
	s.write(tb, "etc/shadow", shadow.Bytes(), 0o640)
	s.write(tb, "home/user050000/.ssh/authorized_keys", []byte(madeKey(rand.New(rand.NewPCG(1, 1)))), 0o600)
	for _, name := range []string{"", ".ssh", ".ssh/authorized_keys"} {
		must(tb, os.Chown(filepath.Join(s.root, "home/user050000", name), 60000, 60000))
	}
	return s.root
}

// cpuTime is what this process used of the processors, in seconds.
func cpuTime(tb testing.TB) float64 {
	tb.Helper()
	var use syscall.Rusage
	must(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &use))
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(use.Utime) + seconds(use.Stime)
}
