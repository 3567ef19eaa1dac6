package authkeys

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"sshaudit/audit"
	"sshaudit/audit/sshdtest"
)

// lab is one release's sshd with one account, whose key file the tests write.
type lab struct {
	t      *testing.T
	host   *sshdtest.Host
	server *sshdtest.Server
	user   sshdtest.User
	rules  Rules
}

// keyFile is where the account's keys are.
const keyFile = "/etc/ssh/keys"

// eachLab runs a test on every release.
func eachLab(t *testing.T, test func(t *testing.T, l *lab)) {
	for _, r := range sshdtest.Releases() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel()
			h := sshdtest.Open(t, r)
			l := &lab{t: t, host: h, user: h.AddUser(sshdtest.User{Name: "alice"})}
			version, err := audit.ParseOpenSSH(h.Version())
			if err != nil {
				t.Fatal(err)
			}
			l.rules = Rules{Version: version, Now: time.Now(), Zone: time.UTC}
			l.server = h.StartSshd("AuthorizedKeysFile "+keyFile+"\nMaxAuthTries 100\n", "-o", "LogLevel=DEBUG1")
			test(t, l)
		})
	}
}

// write makes text the account's key file.
func (l *lab) write(text string) { l.host.WriteFile(keyFile, []byte(text), 0o644, 0, 0) }

// offer logs in by a signer and reports whether sshd let it in.
func (l *lab) offer(s ssh.Signer) bool {
	l.t.Helper()
	conn, err := ssh.Dial("tcp", net.JoinHostPort(localAddress, strconv.Itoa(l.server.Port())), &ssh.ClientConfig{
		User:            l.user.Name,
		Auth:            []ssh.AuthMethod{ssh.PublicKeys(s)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), //nolint:gosec // a server of the test's own
		Timeout:         20 * time.Second,
	})
	if err == nil {
		_ = conn.Close()
		return true
	}
	if !strings.Contains(err.Error(), "unable to authenticate") {
		l.t.Fatalf("login was not decided: %v", err)
	}
	return false
}

// predict is what the package says about a key and a text.
func (l *lab) predict(text string, offer *Key) Answer {
	return Parse([]byte(text), l.rules).Authorises(offer, local)
}

// pair is a key pair of a test.
type pair struct {
	signer ssh.Signer
	public subject
	key    *Key
}

func newPair(t *testing.T, private any) pair {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pairOf(t, signer)
}

func pairOf(t *testing.T, signer ssh.Signer) pair {
	t.Helper()
	line := string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
	key, _, err := ParsePublicKey([]byte(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return pair{signer: signer, public: newSubject(line), key: key}
}

func newEd25519(t *testing.T) pair {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newPair(t, private)
}

func newRSA(t *testing.T) pair {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return newPair(t, private)
}

func newECDSA(t *testing.T, c elliptic.Curve) pair {
	private, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newPair(t, private)
}

// evidence is what sshd logs, at LogLevel DEBUG1, about a line that it refuses.
func evidence(a Answer) string {
	switch a.Cause {
	case CauseUnknownOption, CauseOptionSyntax:
		return "bad key options: " + a.Detail
	case CauseOptionQuote:
		return "invalid key option string"
	case CauseExpired:
		return "entry expired at"
	case CauseFrom:
		return "with correct key but not from a permitted host"
	case CausePrincipals:
		return "principals on non-CA key"
	default:
		return ""
	}
}

// TestTextsEqualRealSshd logs in for every text with its key, by the release's
// own ssh where the form of the text is in question, and with a good key on the
// line above and on the line below.
func TestTextsEqualRealSshd(t *testing.T) {
	eachLab(t, func(t *testing.T, l *lab) {
		own := l.host.Keygen("ed25519", 0)
		private, err := l.host.FS().ReadFile(strings.TrimPrefix(own.Path, "/"))
		if err != nil {
			t.Fatal(err)
		}
		signer, err := ssh.ParsePrivateKey(private)
		if err != nil {
			t.Fatal(err)
		}
		p, above, below := pairOf(t, signer), newEd25519(t), newEd25519(t)
		cases := textCases(p.public)
		if len(cases) < 200 {
			t.Errorf("%d texts, want at least 200", len(cases))
		}
		for _, c := range cases {
			a := l.predict(c.text, p.key)
			if a.Verdict == audit.Unknown {
				t.Errorf("%s: no verdict: %s", c.name, a.Detail)
			}
			l.write(c.text)
			var accepted bool
			var log string
			if strings.HasPrefix(c.name, "options ") {
				before := len(l.server.Log())
				accepted = l.offer(p.signer)
				log = l.server.Log()[before:]
			} else {
				login := l.server.Login(l.user.Name, own.Path)
				accepted, log = login.Accepted, login.Log
			}
			if accepted != (a.Verdict == audit.Accept) {
				t.Errorf("%s: sshd accepts: %v; predicted %v, %s, %s\n%s", c.name, accepted, a.Verdict, a.Cause, a.Detail, log)
			}
			if want := evidence(a); !accepted && !strings.Contains(log, want) {
				t.Errorf("%s: predicted %s, but sshd does not log %q\n%s", c.name, a.Cause, want, log)
			}
			text := between(above.public.Line, c.text, below.public.Line)
			l.write(text)
			for _, n := range []struct {
				where string
				pair
			}{{"above", above}, {"below", below}} {
				if got, a := l.offer(n.signer), l.predict(text, n.key); got != (a.Verdict == audit.Accept) {
					t.Errorf("%s, the key %s: sshd accepts: %v; predicted %v, %s", c.name, n.where, got, a.Verdict, a.Cause)
				}
			}
		}
	})
}

// between puts a text between two lines.
func between(above, text, below string) string {
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return above + "\n" + text + below + "\n"
}

// TestOtherKeysEqualRealSshd does the same with keys of other types, whose
// text is longer and padded.
func TestOtherKeysEqualRealSshd(t *testing.T) {
	eachLab(t, func(t *testing.T, l *lab) {
		for _, p := range []pair{newRSA(t), newECDSA(t, elliptic.P256()), newECDSA(t, elliptic.P521())} {
			for _, c := range textCases(p.public) {
				if strings.HasPrefix(c.name, "options") {
					continue
				}
				l.write(c.text)
				if got, a := l.offer(p.signer), l.predict(c.text, p.key); got != (a.Verdict == audit.Accept) || a.Verdict == audit.Unknown {
					t.Errorf("%s, %s: sshd accepts: %v; predicted %v, %s", p.public.Type, c.name, got, a.Verdict, a.Cause)
				}
			}
		}
	})
}

// mutate changes a text at one place.
func mutate(r *mathrand.Rand, text string) string {
	const alphabet = " \t\r\n\x00\"\\,=!*?#/:.-+@'AZaz09\xef\xbb\xbf"
	at := r.IntN(len(text))
	c := string(alphabet[r.IntN(len(alphabet))])
	switch r.IntN(4) {
	case 0:
		return text[:at] + text[at+1:]
	case 1:
		return text[:at] + c + text[at:]
	case 2:
		end := min(len(text), at+1+r.IntN(6))
		return text[:at] + text[at:end] + text[at:]
	default:
		return text[:at] + c + text[at+1:]
	}
}

// TestMutatedTextsEqualRealSshd changes good files at one to three places, the
// same ones on every run.
func TestMutatedTextsEqualRealSshd(t *testing.T) {
	const texts = 250
	eachLab(t, func(t *testing.T, l *lab) {
		p, other := newEd25519(t), newRSA(t)
		bases := []string{
			"%s alice\n",
			`from="127.0.0.1,!10.0.0.0/8",command="echo \"a b\" c",no-pty,restrict,user-rc %s a` + "\n",
			`expiry-time="20991231",environment="A=b",permitopen="[::1]:80",tunnel="any" %s` + "\n",
			`principals="a,b",cert-authority,pty %s c` + "\n",
			"# comment\n" + other.public.Line + " x\n\trestrict %s\r\n",
		}
		r := mathrand.New(mathrand.NewPCG(1, 2)) //nolint:gosec // repeatable
		for range texts {
			base := bases[r.IntN(len(bases))]
			text := mutate(r, fmt.Sprintf(base, p.public.Type+" @@@@"))
			for range r.IntN(3) {
				text = mutate(r, text)
			}
			if r.IntN(4) > 0 { // mostly spare the blob: few changes of it pass
				text = strings.Replace(text, "@@@@", p.public.Blob, 1)
			} else {
				text = mutate(r, strings.Replace(text, "@@@@", p.public.Blob, 1))
			}
			a := l.predict(text, p.key)
			if a.Verdict == audit.Unknown {
				continue
			}
			l.write(text)
			if got := l.offer(p.signer); got != (a.Verdict == audit.Accept) {
				t.Errorf("sshd accepts: %v; predicted %v, %s, %s\n%q", got, a.Verdict, a.Cause, a.Detail, text)
			}
		}
	})
}
