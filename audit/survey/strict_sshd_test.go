package survey

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/sshdtest"
)

var (
	strictSeed  = flag.Uint64("strict.seed", 1, "seed of the random states of accounts")
	strictCount = flag.Int("strict.count", 150, "number of random states of accounts for each release")
	strictSshd  = flag.String("strict.sshd", "", "another sshd, such as one without Debian's patches, to put into the systems")
)

// maxUnknown is how many of a hundred answers may be unknown.
const maxUnknown = 2

// configuration is the sshd_config of the lab.
func configuration(strict string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "StrictModes %s\n", strict)
	for _, w := range []where{inEtc, inSrv, deep, twoPlaces, globbed, badToken, badFirst, badLast, switchedOff} {
		fmt.Fprintf(&b, "Match User %c*\n\tAuthorizedKeysFile %s\n", w, patterns[w])
	}
	return b.String()
}

// compare makes the states in a system of each release, predicts every login
// and then has the real sshd decide it.
func compare(t *testing.T, strict string, states []state) {
	for _, r := range sshdtest.Releases() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel()
			h := sshdtest.Open(t, r)
			if *strictSshd != "" {
				program, err := os.ReadFile(*strictSshd)
				must(t, err)
				h.WriteFile("/usr/sbin/sshd", program, 0o755, 0, 0)
			}
			pair := h.Keygen("ed25519", 0)
			b := &builder{t: t, Host: h, key: pair.Public}
			h.Mkdir("/etc/keys", 0o755, 0, 0)
			h.Mkdir("/srv/keys", 0o755, 0, 0)
			list := make([]*account, len(states))
			for i := range states {
				list[i] = newAccount(states[i], i)
			}
			b.accounts(list)
			for _, a := range list {
				b.files(a)
			}
			s := h.StartSshd(configuration(strict), "-o", "LogLevel=DEBUG1")
			answers := predict(t, h.Root(), fingerprint(t, pair.Public), list)
			unknown := 0
			for i, a := range list {
				if answers[i].verdict == audit.Unknown {
					unknown++
				}
				login(t, s, pair.Path, a, &answers[i], r == sshdtest.Trixie)
			}
			t.Logf("%d logins, %d answers unknown", len(list), unknown)
			if unknown*100 > len(list)*maxUnknown {
				t.Errorf("%d of %d answers are unknown", unknown, len(list))
			}
		})
	}
}

// login compares one prediction with what sshd does.
func login(t *testing.T, s *sshdtest.Server, key string, a *account, p *prediction, silent bool) {
	t.Helper()
	real := s.Login(a.name, key)
	want := audit.Refuse
	if real.Accepted {
		want = audit.Accept
	}
	switch {
	case p.verdict == audit.Unknown:
		t.Logf("%s: unknown, sshd %ss\n%s", a.name, want, a)
	case p.verdict != want:
		t.Errorf("%s: %v for %v, sshd %ss\n%s\n%s", a.name, p.verdict, p.faults, want, &a.state, telling(real.Log))
	case !p.agrees(real.Log, silent):
		t.Errorf("%s: the causes are %v, sshd tells of %v\n%s\n%s", a.name, p.faults, proven(real.Log), &a.state, telling(real.Log))
	}
}

// telling leaves the lines of a log that are about key files.
func telling(log string) string {
	var b strings.Builder
	for line := range strings.Lines(log) {
		for _, word := range []string{"authorized keys", "refused", "trying public key file", "Accepted", "Failed", "fatal", "too long"} {
			if strings.Contains(line, word) {
				b.WriteString("\t" + line)
				break
			}
		}
	}
	return b.String()
}

func fingerprint(t *testing.T, public string) string {
	t.Helper()
	f := authkeys.Parse([]byte(public), authkeys.Rules{})
	if len(f.Lines) != 1 || f.Lines[0].Key == nil {
		t.Fatal("the lab's key cannot be read")
	}
	return string(f.Lines[0].Key.Fingerprint())
}

func TestEveryStateIsDecidedAsSshdDoes(t *testing.T) { compare(t, "yes", listedStates()) }

func TestWithoutStrictModesEveryStateIsDecidedAsSshdDoes(t *testing.T) {
	compare(t, "no", fewStates(*strictSeed))
}

func TestRandomStatesAreDecidedAsSshdDoes(t *testing.T) {
	compare(t, "yes", randomStates(*strictSeed, *strictCount))
}
