package authkeys

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"sshaudit/audit"
)

// seed adds texts of every kind to a fuzz target.
func seed(f *testing.F) {
	for _, c := range textCases(newSubject(edKey)) {
		if len(c.text) < 4096 {
			f.Add([]byte(c.text))
		}
	}
	for _, text := range privateKeys() {
		f.Add([]byte(text))
	}
	f.Add([]byte(dsaLine() + "\n"))
	f.Add([]byte(lineOf("rsa-sha2-256", blobOf([]byte("ssh-rsa"), []byte{1, 0, 1}, bytes.Repeat([]byte{0x7f}, 200)))))
}

func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, v := range []audit.OpenSSH{bookworm, {Major: 8, Minor: 4}, {}} {
			file := Parse(data, testRules(v))
			if lines := bytes.Count(data, []byte("\n")); file.Count != lines && file.Count != lines+1 {
				t.Fatalf("%d lines of %d", file.Count, lines)
			}
			last := 0
			for i := range file.Lines {
				l := &file.Lines[i]
				if l.Number <= last || l.Last < l.Number || l.Last > file.Count {
					t.Fatalf("line %d to %d after line %d of %d", l.Number, l.Last, last, file.Count)
				}
				last = l.Last
				checkLine(t, l)
			}
		}
	})
}

// checkLine checks what holds for every line.
func checkLine(t *testing.T, l *Line) {
	t.Helper()
	if l.Kind == 0 || (l.Kind != KindKey) != (l.Cause != "" && l.Cause != CauseExpired && l.Cause != CauseFrom && l.Cause != CausePrincipals) {
		t.Fatalf("kind %v with cause %q", l.Kind, l.Cause)
	}
	if l.Kind == KindKey && l.Key == nil || l.Cause != "" && l.Detail == "" {
		t.Fatalf("incomplete: %+v", l)
	}
	if l.Key == nil {
		return
	}
	// What we write, we and everybody else read as the same key.
	again := Parse(l.Key.line(), Rules{anyType: true})
	if l.Key.Cert == nil && (len(again.Lines) != 1 || again.Lines[0].Kind != KindKey || !again.Lines[0].Key.Equal(l.Key)) {
		t.Fatalf("the key does not survive being written: %+v", again.Lines)
	}
	public, err := ssh.ParsePublicKey(l.Key.Blob)
	if err == nil && ssh.FingerprintSHA256(public) != string(l.Key.Fingerprint()) {
		t.Fatalf("fingerprint %s, x/crypto has %s", l.Key.Fingerprint(), ssh.FingerprintSHA256(public))
	}
	if algo := keyTypes[l.Key.Type].alg; err != nil && (algo == algEd25519 || algo == algECDSA) {
		t.Fatalf("x/crypto does not read the key: %v", err)
	}
	a := l.Authorises(&Key{Blob: l.Key.Blob}, local)
	if !a.Match || a.Verdict == audit.Accept != (a.Cause == "" && l.Unsure == "") {
		t.Fatalf("its own key: %+v", a)
	}
}

func FuzzParsePublicKey(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		key, warnings, err := ParsePublicKey(data)
		if (key == nil) == (err == nil) {
			t.Fatalf("key %v, error %v", key, err)
		}
		said := strings.Join(warnings, "\n")
		if err != nil {
			said += err.Error()
		}
		for word := range strings.FieldsSeq(string(data)) {
			if len(word) >= 20 && strings.Contains(said, word) {
				t.Fatalf("content in %q", said)
			}
		}
	})
}

func FuzzRepair(f *testing.F) {
	seed(f)
	f.Add([]byte("\xef\xbb\xbf\xff\xfe"))
	f.Add([]byte("\xef\xbb\xbf\xff\xfe00"))
	f.Fuzz(func(t *testing.T, data []byte) { checkRepair(t, data) })
}

func FuzzOptions(f *testing.F) {
	for _, c := range optionCases() {
		if len(c.text) < 4096 {
			f.Add(c.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := testRules(bookworm)
		o, reason, at := parseOptions(text, &r)
		if at < 0 || at > len(text) {
			t.Fatalf("offset %d of %d", at, len(text))
		}
		if reason != "" {
			return
		}
		// The options as they were written, joined again, are the same options.
		raw := make([]string, len(o.List))
		for i, opt := range o.List {
			if len(opt.Raw) >= maxOption {
				return // listed in part
			}
			raw[i] = string(opt.Raw)
		}
		again, reason, _ := parseOptions(strings.Join(raw, ","), &r)
		if reason != "" || len(again.List) != len(o.List) || again.PTY != o.PTY || again.CertAuthority != o.CertAuthority || !again.Expires.Equal(o.Expires) {
			t.Fatalf("%q: %q, %+v, want %+v", raw, reason, again, o)
		}
	})
}
