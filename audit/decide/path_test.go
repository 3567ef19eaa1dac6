package decide

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	_ "embed"
	"io/fs"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
	"sshaudit/audit/pam"
	"sshaudit/audit/sshdconf"
)

// decisionPath holds every cause of the decision path and what is made of it.
//
//go:embed testdata/decision-path.txt
var decisionPath string

// world is a host with one account and its login, of which a case breaks one thing.
type world struct {
	t   *testing.T
	h   *facts.Host
	a   *facts.Account
	via *facts.Via
	key *facts.KeyFile
	req Request
	ca  ssh.Signer
	// certificate is the last one that was made, as a line.
	certificate string
	// config is the configuration of its sshd.
	config string
}

// pathCase is a state in which a cause is met first.
type pathCase struct {
	config  string
	release audit.OpenSSH
	change  func(w *world)
}

// newWorld is in order: alice is let in by her key from 203.0.113.7.
func newWorld(t *testing.T, c *pathCase) *world {
	t.Helper()
	release := factstest.Debian
	if c.release.Known() {
		release = c.release
	}
	h := factstest.Host(t, "")
	h.Servers[0] = factstest.Server(t, release, c.config)
	w := &world{t: t, h: h, config: c.config, req: Request{User: "alice", From: netip.MustParseAddr("203.0.113.7"), Service: SFTP, Method: Publickey}}
	w.a = factstest.Account(t, h, "alice")
	w.via = &w.a.Via[0]
	w.key = w.via.KeyFiles[0]
	w.offer(factstest.Ed25519(1))
	missing := &facts.Problem{Failure: facts.Missing}
	w.via.Session = &facts.Session{
		NoLogin: facts.SystemFile{Problem: missing}, RC: facts.Text{Problem: missing},
		Programs: map[string]facts.SystemFile{"/bin/bash": {Node: factstest.File("/bin/bash", 0o755, 0, 0)}}, Heads: map[string]facts.Head{},
	}
	if c.change != nil {
		c.change(w)
	}
	return w
}

// offer is the public key that the client offers, as a line of text.
func (w *world) offer(line string) {
	key, _, err := authkeys.ParsePublicKey([]byte(line))
	if err != nil {
		w.t.Fatal(err)
	}
	w.req.Key = key
}

// lines are the content of authorized_keys, KEY standing for alice's key.
func lines(text string) func(*world) {
	return func(w *world) {
		factstest.Write(w.h, w.key, strings.ReplaceAll(text, "KEY", strings.TrimSuffix(factstest.Ed25519(1), "\n"))+"\n")
	}
}

// rsa has an RSA key of so many bits offered and listed.
func rsa(bits int) func(*world) {
	return func(w *world) { w.offer(factstest.RSA(bits)); factstest.Write(w.h, w.key, factstest.RSA(bits)) }
}

// shadowed changes the shadow entry.
func shadowed(change func(*accounts.Shadow)) func(*world) {
	return func(w *world) {
		w.a.ShadowKnown = true
		w.a.Shadow = accounts.Shadow{Present: true, Password: accounts.PasswordSet, LastChange: 19000, Min: -1, Max: 99999, Warn: -1, Inactive: -1, ExpireOn: -1}
		change(&w.a.Shadow)
	}
}

// typed is a login by password.
func typed(change func(*accounts.Shadow)) func(*world) {
	return func(w *world) { shadowed(change)(w); w.req.Method, w.req.Key = Password, nil }
}

// shell gives the account another login shell, which exists.
func shell(path string) func(*world) {
	return func(w *world) {
		w.a.Shell = path
		w.via.Session.Programs[path] = facts.SystemFile{Node: factstest.File(path, 0o755, 0, 0)}
		w.h.Servers[0].Installed = true
	}
}

// chrooted sets the directories of ChrootDirectory, the last one first broken.
func chrooted(path string, break_ func(*facts.SystemFile)) func(*world) {
	return func(w *world) {
		c := &facts.Chroot{Path: audit.Untrusted(path)}
		at := ""
		c.Elements = append(c.Elements, facts.SystemFile{Node: factstest.Dir("/", 0o755, 0, 0)})
		for part := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
			at += "/" + part
			c.Elements = append(c.Elements, facts.SystemFile{Node: factstest.Dir(at, 0o755, 0, 0)})
		}
		break_(&c.Elements[len(c.Elements)-1])
		w.via.Session.Chroot = c
	}
}

// certified has the client offer a certificate of a trusted CA.
func certified(build func(*ssh.Certificate)) func(*world) {
	return func(w *world) {
		w.certify(build)
		w.via.Policy.Authorities = &facts.KeyList{List: authkeys.ParseList(ssh.MarshalAuthorizedKey(w.ca.PublicKey()), w.rules())}
	}
}

func (w *world) rules() authkeys.Rules {
	return authkeys.Rules{Version: w.via.Server.Version, Now: w.h.Now, Zone: time.UTC}
}

func (w *world) certify(build func(*ssh.Certificate)) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err == nil {
		w.ca, err = ssh.NewSignerFromKey(private)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		w.t.Fatal(err)
	}
	c := &ssh.Certificate{Key: key, CertType: ssh.UserCert, ValidPrincipals: []string{"alice"}, ValidBefore: ssh.CertTimeInfinity}
	build(c)
	if err := c.SignCert(rand.Reader, w.ca); err != nil {
		w.t.Fatal(err)
	}
	w.certificate = string(ssh.MarshalAuthorizedKey(c))
	w.offer(w.certificate)
}

// stacked has PAM ask a stack of these lines.
func stacked(text string) func(*world) {
	return func(w *world) {
		w.h.Servers[0].Installed = true
		shadowed(func(*accounts.Shadow) {})(w)
		w.via.Session.PAM = pam.Load("sshd", pam.Source{
			Read: func(name string) ([]byte, error) {
				if name == "/etc/pam.d/sshd" && text != "" {
					return []byte(text), nil
				}
				return nil, fs.ErrNotExist
			},
			Mode: func(name string) (fs.FileMode, error) {
				if strings.HasSuffix(name, ".so") {
					return 0o644, nil
				}
				return 0, fs.ErrNotExist
			},
			List: func(string) ([]string, error) { return []string{"other"}, nil },
		}, pam.Library{Major: 1, Minor: 5, Patch: 2, Debian: true})
	}
}

// refusedConfig is a server whose configuration sshd refuses.
func refusedConfig(message string) func(*world) {
	return func(w *world) {
		s := w.h.Servers[0]
		s.Config, s.Refused = nil, &sshdconf.ConfigError{File: "/etc/ssh/sshd_config", Line: 1, Message: message}
	}
}

func nothing(*world) {}

func both(changes ...func(*world)) func(*world) {
	return func(w *world) {
		for _, change := range changes {
			change(w)
		}
	}
}

func TestEveryCauseOfTheDecisionPathIsMet(t *testing.T) {
	cases := pathCases()
	seen := make(map[string]bool)
	for line := range strings.Lines(decisionPath) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		id, kind := words[0], words[1]
		seen[id] = true
		c, have := cases[id]
		switch {
		case kind == "elsewhere" && (have || len(words) < 4):
			t.Errorf("%s: has a case, or nothing is said of what settles it", id)
		case kind == "elsewhere":
		case !have:
			t.Errorf("%s: there is no case", id)
		default:
			t.Run(id, func(t *testing.T) { meet(t, id, kind, strings.Join(words[2:], " "), &c) })
		}
	}
	for id := range cases {
		if !seen[id] {
			t.Errorf("%s is no cause of the decision path", id)
		}
	}
}

// meet makes one case and looks for its cause, or for what is missing.
func meet(t *testing.T, id, kind, reason string, c *pathCase) {
	w := newWorld(t, c)
	a := w.a
	if w.req.User != "alice" {
		a = nil
	}
	got := Login(w.h, a, w.via, w.req)
	if kind == "decided" {
		if got.Verdict != audit.Refuse || len(got.Causes) == 0 || got.Causes[0].ID != id {
			t.Errorf("%v %q: %+v", got.Verdict, causeIDs(got), got.Steps)
		}
		if len(got.Causes) > 0 && (got.Causes[0].Message == "" || got.Causes[0].Fix == "") {
			t.Errorf("%+v says nothing, or not what repairs it", got.Causes[0])
		}
		return
	}
	if got.Verdict != audit.Unknown || !slices.ContainsFunc(got.Steps, func(s audit.Step) bool {
		return s.Verdict == audit.Unknown && strings.Contains(s.Message, reason)
	}) {
		t.Errorf("%v %q %+v, want unknown and %q", got.Verdict, causeIDs(got), got.Steps, reason)
	}
}

func TestWorldOfTheCasesIsInOrder(t *testing.T) {
	w := newWorld(t, &pathCase{config: sftpConfig})
	if got := Login(w.h, w.a, w.via, w.req); got.Verdict != audit.Accept {
		t.Errorf("%v %+v", got.Verdict, got.Causes)
	}
	if !bytes.Contains([]byte(decisionPath), []byte("sftp-start-dir")) {
		t.Error("the list of causes is not whole")
	}
}

const sftpConfig = "Subsystem sftp internal-sftp\n"
