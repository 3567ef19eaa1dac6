package authkeys

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
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

// prober is a signer that notes that sshd would take its key, because sshd asks
// for a signature only then, and gives a bad one: the next key has its turn.
type prober struct {
	ssh.Signer
	asked bool
}

func (p *prober) Sign(r io.Reader, data []byte) (*ssh.Signature, error) {
	return p.SignWithAlgorithm(r, data, p.PublicKey().Type())
}

func (p *prober) SignWithAlgorithm(_ io.Reader, _ []byte, algorithm string) (*ssh.Signature, error) {
	p.asked = true
	return &ssh.Signature{Format: algorithm, Blob: make([]byte, ed25519.SignatureSize)}, nil
}

// Algorithms names the one that every release takes: ssh-rsa is refused since 8.8.
func (p *prober) Algorithms() []string {
	switch t := p.PublicKey().Type(); t {
	case ssh.KeyAlgoRSA:
		return []string{ssh.KeyAlgoRSASHA256}
	case ssh.CertAlgoED25519v01:
		return []string{ssh.KeyAlgoED25519}
	default:
		return []string{t}
	}
}

// probe offers keys on one connection and returns which of them sshd would
// let in. No key is let in, so that each of them is tried.
func (l *lab) probe(pairs ...pair) []bool {
	l.t.Helper()
	probers := make([]*prober, len(pairs))
	signers := make([]ssh.Signer, len(pairs))
	for i, p := range pairs {
		probers[i] = &prober{Signer: p.signer}
		signers[i] = probers[i]
	}
	config := &ssh.ClientConfig{
		User:            l.user.Name,
		Auth:            []ssh.AuthMethod{ssh.PublicKeys(signers...)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), //nolint:gosec // a server of the test's own
		Timeout:         20 * time.Second,
	}
	config.KeyExchanges = []string{"curve25519-sha256"}
	conn, err := ssh.Dial("tcp", net.JoinHostPort(localAddress, strconv.Itoa(l.server.Port())), config)
	if err == nil {
		_ = conn.Close()
		l.t.Fatal("sshd took a bad signature")
	}
	if !strings.Contains(err.Error(), "unable to authenticate") {
		l.t.Fatalf("login was not decided: %v", err)
	}
	asked := make([]bool, len(pairs))
	for i, p := range probers {
		asked[i] = p.asked
	}
	return asked
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

func newPair(t testing.TB, private any) pair {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pairOf(t, signer)
}

func pairOf(t testing.TB, signer ssh.Signer) pair {
	t.Helper()
	line := string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
	key, _, err := ParsePublicKey([]byte(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return pair{signer: signer, public: newSubject(line), key: key}
}

func newEd25519(t testing.TB) pair {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newPair(t, private)
}

func newRSA(t testing.TB) pair {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return newPair(t, private)
}

func newECDSA(t testing.TB, c elliptic.Curve) pair {
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
			if !strings.HasPrefix(c.name, "options ") {
				l.write(c.text)
				login := l.server.Login(l.user.Name, own.Path)
				l.compare(c.name, login.Accepted, l.predict(c.text, p.key), login.Log)
			}
			text := between(above.public.Line, c.text, below.public.Line)
			l.write(text)
			from := len(l.server.Log())
			got := l.probe(above, p, below)
			log := l.server.Log()[from:]
			l.compare(c.name+", the key above", got[0], l.predict(text, above.key), log)
			l.compare(c.name+", the key between", got[1], l.predict(text, p.key), log)
			l.compare(c.name+", the key below", got[2], l.predict(text, below.key), log)
		}
	})
}

// compare reports where sshd and a prediction differ, or its log, unless that
// is empty, does not name the predicted cause.
func (l *lab) compare(name string, accepted bool, a Answer, log string) {
	l.t.Helper()
	if a.Verdict == audit.Unknown {
		l.t.Errorf("%s: no verdict: %s", name, a.Detail)
	}
	if accepted != (a.Verdict == audit.Accept) {
		l.t.Errorf("%s: sshd accepts: %v; predicted %v, %s, %s\n%s", name, accepted, a.Verdict, a.Cause, a.Detail, log)
	}
	if want := evidence(a); !accepted && log != "" && !strings.Contains(log, want) {
		l.t.Errorf("%s: predicted %s, but sshd does not log %q\n%s", name, a.Cause, want, log)
	}
}

// between puts a text between two lines.
func between(above, text, below string) string {
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return above + "\n" + text + below + "\n"
}

// TestOtherKeysEqualRealSshd does the same with a key of another type, whose
// text is longer and padded.
func TestOtherKeysEqualRealSshd(t *testing.T) {
	eachLab(t, func(t *testing.T, l *lab) {
		for _, p := range []pair{newRSA(t)} {
			for _, c := range textCases(p.public) {
				if strings.HasPrefix(c.name, "options") {
					continue
				}
				l.write(c.text)
				l.compare(p.public.Type+", "+c.name, l.probe(p)[0], l.predict(c.text, p.key), "")
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
			from := len(l.server.Log())
			l.compare(strconv.Quote(text), l.probe(p)[0], a, l.server.Log()[from:])
		}
	})
}
