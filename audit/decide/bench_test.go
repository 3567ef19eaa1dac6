package decide

import (
	"fmt"
	"strings"
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/facts/factstest"
)

// BenchmarkKeyFile asks about a key file in order, as nearly all are, and about
// one that the group of a hundred thousand accounts may write, as panels have
// them that give all customers one group.
func BenchmarkKeyFile(b *testing.B) {
	var passwd strings.Builder
	passwd.WriteString(factstest.Passwd)
	for i := range 100_000 {
		fmt.Fprintf(&passwd, "user%06d:x:%d:50::/home/user%06d:/bin/sh\n", i, 100_000+i, i)
	}
	h := factstest.Host(b, "")
	h.Accounts = factstest.DB(passwd.String(), factstest.Group)
	for _, tc := range []struct {
		name    string
		mode    uint32
		verdict audit.Verdict
	}{{"in-order", 0o600, audit.Accept}, {"shared-group", 0o660, audit.Refuse}} {
		b.Run(tc.name, func(b *testing.B) {
			a := factstest.Account(b, h, "user099999")
			f := a.Via[0].KeyFiles[0]
			f.Mode = tc.mode
			b.ReportAllocs()
			for b.Loop() {
				if got := KeyFile(h, a, &a.Via[0], f); got.Verdict != tc.verdict {
					b.Fatalf("%+v, want %v", got, tc.verdict)
				}
			}
		})
	}
}
