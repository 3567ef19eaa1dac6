package survey

import (
	"strings"
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/sshdtest"
)

// Debian's rule looks for strangers in the group by a walk through passwd that
// the next look of the connection goes on with. A second key is therefore found
// in a file that was refused for the first; the look that belongs to its
// signature begins anew. Clients that sign without asking are let in.
func TestStrangerInTheGroupIsOverlookedForTheSecondKey(t *testing.T) {
	for _, r := range sshdtest.Releases() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel()
			h := sshdtest.Open(t, r)
			pair, other := h.Keygen("ed25519", 0), h.Keygen("ed25519", 0)
			a := newAccount(state{where: byDefault, members: otherBefore, file: with(0o664).of(ownGroup)}, 0)
			b := &builder{t: t, Host: h, key: pair.Public}
			b.accounts([]*account{a})
			b.files(a)
			s := h.StartSshd(configuration("yes"), "-o", "LogLevel=DEBUG1")
			p := predict(t, h.Root(), fingerprint(t, pair.Public), []*account{a})[0]
			if p.verdict != audit.Unknown {
				t.Errorf("the answer is %v, want unknown", p.verdict)
			}
			const found, refused = "Accepted key ED25519", "Authentication refused: bad ownership or modes for file"
			one := s.Login(a.name, pair.Path)
			if one.Accepted || strings.Contains(one.Log, found) || !strings.Contains(one.Log, refused) {
				t.Errorf("the first key is not refused by the group:\n%s", telling(one.Log))
			}
			two := s.Login(a.name, pair.Path, "-i", other.Path)
			if two.Accepted || !strings.Contains(two.Log, found) || strings.Count(two.Log, refused) != 2 {
				t.Errorf("the second key is not found and then refused:\n%s", telling(two.Log))
			}
		})
	}
}
