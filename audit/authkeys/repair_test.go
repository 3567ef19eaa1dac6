package authkeys

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"sshaudit/audit"
)

func TestRepairMendsEachForm(t *testing.T) {
	k := newSubject(edKey)
	b, l := k.Blob, k.Line
	for _, c := range []struct {
		name, text, want string
		causes           []string
	}{
		{"nothing to do", "# c\n" + l + " me\n", "# c\n" + l + " me\n", nil},
		{"empty", "", "", nil},
		{"final newline", l, l + "\n", []string{""}},
		{"final newline of a comment", "# c", "# c\n", []string{""}},
		{"mark", "\xef\xbb\xbf" + l + "\n", l + "\n", []string{CauseBOM}},
		{"two marks", "\xef\xbb\xbf\xef\xbb\xbf" + l + "\n", l + "\n", []string{CauseBOM}},
		{"mark before a comment", "\xef\xbb\xbf# c\n" + l + "\n", "# c\n" + l + "\n", []string{CauseBOM}},
		{"mark in the middle", "# c\n\xef\xbb\xbfno-pty " + l + "\r\n", "# c\nno-pty " + l + "\r\n", []string{CauseBOM}},
		{"mark before words", "# c\n\xef\xbb\xbfhello\n", "# c\n\xef\xbb\xbfhello\n", nil},
		{"UTF-16 LE", "\xff\xfe" + toUTF16("# c\r\n"+l+"\r\n", false), "# c\r\n" + l + "\r\n", []string{CauseUTF16}},
		{"UTF-16 BE", "\xfe\xff" + toUTF16(l+" caf\u00e9\n", true), l + " caf\u00e9\n", []string{CauseUTF16}},
		{"UTF-16 without mark or end", toUTF16(l, false), l + "\n", []string{CauseUTF16, ""}},
		{"UTF-16 and wrapped", toUTF16(k.Type+"\n"+b+"\n", false), l + "\n", []string{CauseUTF16, CauseWrapped}},
		{"wrapped", "# c\n" + k.Type + " " + b[:30] + "\n" + b[30:60] + "\n" + b[60:] + " me\n# d\n", "# c\n" + l + " me\n# d\n", []string{CauseWrapped}},
		{"wrapped, CRLF", k.Type + " " + b[:30] + "\r\n" + b[30:] + "\r\n", l + "\r\n", []string{CauseWrapped}},
		{"wrapped behind options", `command="a  b" ` + k.Type + "\n" + b + "\n", `command="a  b" ` + l + "\n", []string{CauseWrapped}},
		{"wrapped without end", k.Type + " " + b[:30] + "\n" + b[30:], l + "\n", []string{CauseWrapped}},
		{"cut, not wrapped", k.Type + " " + b[:30] + "\n# c\n" + b[30:] + "\n", k.Type + " " + b[:30] + "\n# c\n" + b[30:] + "\n", nil},
		{"wrapped with more behind", k.Type + " " + b[:30] + "\n" + b[30:] + "AAAA\n", k.Type + " " + b[:30] + "\n" + b[30:] + "AAAA\n", nil},
		{"RFC 4716", "# c\n" + toRFC4716(k, "me", 70) + "# d\n", "# c\n" + l + " me\n# d\n", []string{CauseRFC4716}},
		{"RFC 4716, CRLF", strings.ReplaceAll(toRFC4716(k, "me", 70), "\n", "\r\n"), l + " me\r\n", []string{CauseRFC4716}},
		{"RFC 4716 without end", strings.TrimSuffix(toRFC4716(k, "me", 70), "---- END SSH2 PUBLIC KEY ----\n"), l + " me\n", []string{CauseRFC4716}},
		{"RFC 4716 with a hostile comment", toRFC4716(k, "a\r\x1b[2J", 70), "", []string{CauseRFC4716}},
		{"PPK", toPPK(k, 3) + "# d\n", l + " me@windows\n# d\n", []string{CausePPK}},
		{"private key", privateKeys()["OpenSSH"], privateKeys()["OpenSSH"], nil},
		{"copy of a live key", k.Type + "\n" + b + "\n" + `command="x" ` + l + "\n", k.Type + "\n" + b + "\n" + `command="x" ` + l + "\n", nil},
		{"mark before a copy of a live key", "\xef\xbb\xbf" + l + "\n" + `command="x" ` + l + "\n", "\xef\xbb\xbf" + l + "\n" + `command="x" ` + l + "\n", nil},
		{"other bytes", "\xff\x00\x80 junk\n" + l + "\x00\r\n", "\xff\x00\x80 junk\n" + l + "\x00\r\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, changes, err := Repair([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			var causes []string
			for _, ch := range changes {
				causes = append(causes, ch.Cause)
			}
			if c.want != "" && string(got) != c.want || !slices.Equal(causes, c.causes) {
				t.Errorf("got %q, %q\nwant %q, %q", got, causes, c.want, c.causes)
			}
			checkRepair(t, []byte(c.text))
		})
	}
}

// checkRepair checks what holds for the repair of every text.
func checkRepair(t *testing.T, text []byte) {
	t.Helper()
	fixed, changes, err := Repair(text)
	if err != nil {
		return
	}
	if len(changes) == 0 && !bytes.Equal(fixed, text) {
		t.Fatalf("changed without saying so: %q", fixed)
	}
	again, more, err := Repair(fixed)
	if err != nil || !bytes.Equal(again, fixed) || len(more) != 0 {
		t.Fatalf("a second repair changes the text again: %v, %v\nfirst  %q\nsecond %q", err, more, fixed, again)
	}
	before, after := liveLines(text), liveLines(fixed)
	for _, line := range after {
		if len(before) > 0 && before[0] == line {
			before = before[1:]
		}
	}
	if len(before) > 0 {
		t.Fatalf("a line that sshd read is gone, or in another place: %q\nfixed %q", before[0], fixed)
	}
	// The first line of a key decides, so it must be the one it was.
	first := map[string]string{}
	for _, line := range liveLines(text) {
		key, _, _ := strings.Cut(line, "\x00")
		if _, ok := first[key]; !ok {
			first[key] = line
		}
	}
	for _, line := range after {
		key, _, _ := strings.Cut(line, "\x00")
		if want, ok := first[key]; ok {
			if line != want {
				t.Fatalf("another line of the same key comes first now: %q", line)
			}
			delete(first, key)
		}
	}
}

// liveLines returns what sshd reads from a text, one string a line: the key and
// its options.
func liveLines(text []byte) (lines []string) {
	for _, l := range Parse(text, Rules{anyType: true}).Lines {
		if l.Kind != KindKey {
			continue
		}
		line := string(l.Key.Blob) + "\x00"
		if l.Options != nil {
			for _, o := range l.Options.List {
				line += string(o.Raw) + "\x00"
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func TestRepairKeepsEveryTextsKeys(t *testing.T) {
	for _, p := range []pair{newEd25519(t), newRSA(t)} {
		for _, c := range textCases(p.public) {
			t.Run(c.name, func(t *testing.T) {
				checkRepair(t, []byte(c.text))
				fixed, _, err := Repair([]byte(c.text))
				if err != nil {
					t.Fatal(err)
				}
				a := Parse(fixed, testRules(bookworm)).Authorises(p.key, local)
				mendable := map[string]bool{CauseBOM: true, CauseUTF16: true, CauseWrapped: true, CauseRFC4716: true, CausePPK: true}
				want := c.cause == "" || mendable[c.cause] && c.name != "UTF-16 LE appended"
				if (a.Verdict == audit.Accept) != want {
					t.Errorf("after the repair: %v, %s, want accepted %v\n%q", a.Verdict, a.Cause, want, fixed)
				}
			})
		}
	}
}
