package checks

import (
	"strings"
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
)

func TestKeysAreFoundAtFaultForExactlyWhatIsWrong(t *testing.T) {
	good := factstest.Ed25519(1)
	blob := strings.Fields(good)[1]
	for _, tc := range []struct {
		name, config, content string
		check                 string
		line                  int
	}{
		{"in order", "", good, "", 0},
		{"comment and blank lines", "", "# my keys\n\n" + good, "", 0},
		{"from= and command=", "", `from="10.0.0.0/8",command="/bin/true" ` + good, "", 0},
		{"byte order mark", "", "\xef\xbb\xbf" + good, "ak-bom", 1},
		{"no type", "", blob + "\n", "ak-no-type", 1},
		{"damaged", "", good + "ssh-ed25519 " + blob[:40] + "\n", "ak-blob-corrupt", 2},
		{"unknown option", "", "no-such-option " + good, "ak-unknown-option", 1},
		{"open quote", "", `command="x ` + good, "ak-option-quote", 1},
		{"network with host bits", "", `from="10.0.0.1/8" ` + good, "ak-from", 1},
		{"expired", "", `expiry-time="20200101" ` + good, "ak-expired", 1},
		{"principals without an authority", "", `principals="a" ` + good, "ak-principals-no-ca", 1},
		{"the same key twice", "", good + good, "key-duplicate", 2},
		{"two keys", "", good + factstest.Ed25519(2), "", 0},
		{"weak RSA", "", factstest.RSA(1024), "key-weak", 1},
		{"RSA of 2048 bits", "", factstest.RSA(2048), "", 0},
		{"RSA that this sshd finds short", "RequiredRSASize 3072\n", factstest.RSA(2048), "key-rsa-too-small", 1},
		{"type that this sshd does not take", "PubkeyAcceptedAlgorithms rsa-sha2-512\n", good, "key-alg-not-accepted", 1},
		{"an authority of another type", "PubkeyAcceptedAlgorithms rsa-sha2-512\n", "cert-authority " + good, "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, tc.config)
			factstest.Write(w.Host, w.file, tc.content)
			found := Account(All(), w.Host, w.alice)
			if tc.check == "" {
				if len(found) > 0 {
					t.Errorf("%+v, want nothing", found)
				}
				return
			}
			if len(found) != 1 || found[0].Check != tc.check || found[0].Line != tc.line || found[0].Path != theFilePath {
				t.Errorf("%+v; want %s in line %d", found, tc.check, tc.line)
			}
		})
	}
}

func TestContentOfAKeyFileIsNeverRepeated(t *testing.T) {
	const secret = "GEHEIM"
	for _, content := range []string{
		secret + " " + factstest.Ed25519(1), `command="` + secret + `" ` + factstest.RSA(1024),
		`environment="A=` + secret + `" ` + factstest.Ed25519(1) + factstest.Ed25519(1),
		"ssh-ed25519 " + secret + "\n", "-----BEGIN OPENSSH PRIVATE KEY-----\n" + secret + "\n-----END OPENSSH PRIVATE KEY-----\n",
		strings.Replace(factstest.RSA(1024), "somebody", secret, 1), `from="10.0.0.1/8,` + secret + `" ` + factstest.Ed25519(1),
	} {
		w := newWorld(t, "RequiredRSASize 2048\n")
		factstest.Write(w.Host, w.file, content)
		found := Account(All(), w.Host, w.alice)
		if len(found) == 0 {
			t.Errorf("nothing is found in a file that is wrong: %q", content)
		}
		for i := range found {
			f := &found[i]
			if text := f.Message + f.Observed + f.Expected + f.Fix; strings.Contains(text, secret) {
				t.Errorf("%s repeats what stands in the file: %s", f.Check, text)
			}
		}
	}
}

func TestRootsUnrestrictedKeyIsTold(t *testing.T) {
	for content, want := range map[string]int{
		factstest.Ed25519(1): 1, `from="10.0.0.0/8" ` + factstest.Ed25519(1): 0, `command="/bin/backup" ` + factstest.Ed25519(1): 0,
	} {
		h := factstest.Host(t, "")
		root := factstest.Account(t, h, "root")
		factstest.Write(h, root.Via[0].KeyFiles[0], content)
		found := Account([]*Check{Find("key-unrestricted-root")}, h, root)
		if len(found) != want {
			t.Errorf("%q: %+v, want %d findings", content, found, want)
		}
		alice := factstest.Account(t, h, "alice")
		if found := Account([]*Check{Find("key-unrestricted-root")}, h, alice); len(found) != 0 {
			t.Errorf("alice's key is told as root's: %+v", found)
		}
	}
}

func TestLineThatIsNotJudgedIsNoPass(t *testing.T) {
	w := newWorld(t, "")
	factstest.Write(w.Host, w.file, `permitopen="example.org:nfs" `+factstest.Ed25519(1))
	l := w.file.Keys.Lines[0]
	if l.Unsure == "" {
		t.Fatal("the service's number is known without a database of services")
	}
	found := Account(All(), w.Host, w.alice)
	if len(found) != 1 || found[0].Check != UnknownID || found[0].Line != 1 {
		t.Errorf("%+v, want that line 1 is not judged", found)
	}
}

func TestTextOfOthersIsShownEscaped(t *testing.T) {
	const evil = "\x1b[2J\u202eevil\n"
	w := newWorld(t, "")
	a := w.alice
	a.Name, a.Account.Home = "al"+evil, "/home/"+evil
	path := audit.Untrusted("/home/" + evil)
	a.Home.Path = path
	for i := range w.file.Dirs {
		w.file.Dirs[i].Path += path
	}
	a.SSHDir.Link, a.SSHDir.Target = true, audit.Untrusted(evil)
	w.entry("x"+evil, func(e *facts.Entry) { e.Mode, e.UID, e.Private, e.Immutable, e.Label = 0o666, 1001, true, true, evil })
	w.entry("authorized_keys"+evil, func(e *facts.Entry) { e.Content = facts.ContentPublicKeys })
	a.Trust = []facts.Node{factstest.File("/home/"+evil+"/.rhosts", 0o666, 1000, 1000)}
	w.file.Node.Path, w.file.Path, w.file.Mode = path, path, 0o666
	w.SELinux = true
	w.Servers[0].ConfigFile, w.Servers[0].Binary = "/etc/"+evil, evil
	w.Servers[0].Args = []string{"-o" + evil}
	found := append(Account(All(), w.Host, a), Host(All(), w.Host)...)
	if len(found) < 8 {
		t.Fatalf("only %d findings: the test proves little", len(found))
	}
	for i := range found {
		f := &found[i]
		for _, text := range []string{f.Message, f.Observed, f.Expected, f.Fix} {
			if strings.ContainsAny(text, "\x1b\n\u202e") {
				t.Errorf("%s shows %q", f.Check, text)
			}
		}
		if strings.Contains(f.Fix, "evil") {
			t.Errorf("%s: the command %q holds a name that somebody else chose", f.Check, f.Fix)
		}
	}
}
