package authkeys

import (
	"net/netip"
	"strings"
	"testing"

	"sshaudit/audit"
)

func TestHostNamesInFromHangOnUseDNS(t *testing.T) {
	key, _, err := ParsePublicKey([]byte(edKey))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, addr, host string
		useDNS           bool
		want             audit.Verdict
	}{
		{"*.example.com", "192.0.2.1", "", false, audit.Refuse},
		{"*.example.com", "192.0.2.1", "", true, audit.Unknown},
		{"*.example.com", "192.0.2.1", "a.example.com", true, audit.Accept},
		{"*.example.com", "192.0.2.1", "a.example.com", false, audit.Refuse},
		{"*.example.com", "192.0.2.1", "A.EXAMPLE.com", true, audit.Accept},
		{"*.example.com", "192.0.2.1", "192.0.2.1", true, audit.Refuse},
		{"192.0.2.0/24", "192.0.2.1", "", true, audit.Accept},
		{"192.0.2.0/24", "198.51.100.1", "", true, audit.Refuse},
		{"192.0.2.0/24,!bad.example.com", "192.0.2.1", "", true, audit.Unknown},
		{"192.0.2.0/24,!bad.example.com", "192.0.2.1", "bad.example.com", true, audit.Refuse},
		{"!192.0.2.1,*", "192.0.2.1", "", true, audit.Refuse},
		{"192.0.2.0/24,a.example.com", "192.0.2.1", "", true, audit.Accept},
		{"192.0.2.1/24", "192.0.2.1", "", true, audit.Refuse},
		{"192.0.2.0/24", "", "", false, audit.Unknown},
		{"192.0.2.0/24", "::ffff:192.0.2.1", "", false, audit.Accept},
		{"2001:db8::/32", "2001:db8::5", "", false, audit.Accept},
	} {
		r := testRules(bookworm)
		r.UseDNS = c.useDNS
		source := Source{Host: c.host}
		if c.addr != "" {
			source.Addr = netip.MustParseAddr(c.addr)
		}
		a := Parse([]byte(`from="`+c.from+`" `+edKey), r).Authorises(key, source)
		if a.Verdict != c.want || (a.Cause == CauseFrom) != (c.want != audit.Accept) {
			t.Errorf("from=%q, %q %q, UseDNS %v: %v, %q, want %v", c.from, c.addr, c.host, c.useDNS, a.Verdict, a.Cause, c.want)
		}
	}
}

func TestAnswerIsOfTheLineThatTellsMost(t *testing.T) {
	key, _, err := ParsePublicKey([]byte(edKey))
	if err != nil {
		t.Fatal(err)
	}
	expired := `expiry-time="20200101" ` + edKey
	for name, c := range map[string]struct {
		text  string
		cause string
		line  int
	}{
		"empty":                    {"", CauseNotListed, 0},
		"commented, then expired":  {"#" + edKey + "\n" + expired, CauseExpired, 2},
		"broken, then expired":     {"foo " + edKey + "\n" + expired, CauseExpired, 2},
		"commented, then broken":   {"#" + edKey + "\nfoo " + edKey, CauseUnknownOption, 2},
		"expired, then from":       {expired + "\n" + `from="10.0.0.1" ` + edKey, CauseExpired, 1},
		"expired CA":               {`cert-authority,expiry-time="20200101" ` + edKey, CauseCAFlag, 1},
		"refused, then accepted":   {expired + "\n" + edKey, "", 2},
		"accepted, then accepted":  {edKey + "\n" + edKey, "", 1},
		"uncertain, then accepted": {`permitopen="a:http" ` + edKey + "\n" + edKey, "", 2},
	} {
		a := Parse([]byte(c.text), testRules(bookworm)).Authorises(key, local)
		if a.Cause != c.cause || a.Line != c.line || (a.Verdict == audit.Accept) != (c.cause == "") {
			t.Errorf("%s: %v, %q in line %d, want %q in line %d", name, a.Verdict, a.Cause, a.Line, c.cause, c.line)
		}
	}
}

func TestFileWithTooManyLinesGivesNoRefusal(t *testing.T) {
	key, _, err := ParsePublicKey([]byte(edKey))
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("\n", MaxLines)
	f := Parse([]byte(long+edKey), testRules(bookworm))
	if a := f.Authorises(key, local); !f.Unread || a.Verdict != audit.Unknown {
		t.Errorf("key behind the bound: unread %v, %v, want unknown", f.Unread, a.Verdict)
	}
	if f := Parse([]byte(long), testRules(bookworm)); f.Unread {
		t.Error("a file of MaxLines lines was not read to its end")
	}
	if a := Parse([]byte(edKey+"\n"+long), testRules(bookworm)).Authorises(key, local); a.Verdict != audit.Accept {
		t.Errorf("key before the bound: %v, want accept", a.Verdict)
	}
	if _, _, err := Repair([]byte(long + edKey)); err == nil {
		t.Error("Repair took a file that is not read to its end")
	}
}

func TestAcceptedLeavesFromAside(t *testing.T) {
	for text, want := range map[string]audit.Verdict{
		edKey:                                   audit.Accept,
		`from="10.0.0.1" ` + edKey:              audit.Accept,
		"cert-authority " + edKey:               audit.Accept,
		`from="10.0.0.1/8" ` + edKey:            audit.Refuse,
		`expiry-time="20200101" ` + edKey:       audit.Refuse,
		`permitopen="a:http" ` + edKey:          audit.Unknown,
		"#" + edKey:                             audit.Refuse,
		"foo " + edKey:                          audit.Refuse,
		"\xef\xbb\xbf" + edKey:                  audit.Refuse,
		`expiry-time="20260601113000" ` + edKey: audit.Unknown,
	} {
		r := testRules(bookworm)
		if strings.Contains(text, "20260601") {
			r.Zone = nil
		}
		if got := Parse([]byte(text), r).Lines[0].Accepted(); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestFactsOfTheFile(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want File
	}{
		"plain":        {edKey + "\n", File{Count: 1}},
		"empty":        {"", File{}},
		"mark":         {"\xef\xbb\xbf" + edKey + "\n", File{Count: 1, BOM: true}},
		"UTF-16":       {toUTF16(edKey+"\n", false), File{Count: 2, UTF16: true, NoFinalNewline: true}},
		"CRLF":         {"# c\r\n" + edKey + "\n", File{Count: 2, CRLF: true}},
		"no last feed": {"# c\n" + edKey, File{Count: 2, NoFinalNewline: true}},
	} {
		f := Parse([]byte(c.text), testRules(bookworm))
		got := File{Count: f.Count, BOM: f.BOM, UTF16: f.UTF16, CRLF: f.CRLF, NoFinalNewline: f.NoFinalNewline}
		if got.Count != c.want.Count || got.BOM != c.want.BOM || got.UTF16 != c.want.UTF16 || got.CRLF != c.want.CRLF || got.NoFinalNewline != c.want.NoFinalNewline {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestColumnPointsAtTheFault(t *testing.T) {
	for text, want := range map[string]int{
		"  foo,pty " + edKey:          3,
		"pty,foo " + edKey:            5,
		"pty, no-pty " + edKey:        5,
		`pty,from="x ` + edKey:        10,
		edKey[:30] + "!" + edKey[31:]: 13,
		"  \xef\xbb\xbf" + edKey:      3,
		"restrict " + edKey[12:]:      10,
	} {
		if l := Parse([]byte(text), testRules(bookworm)).Lines[0]; l.Column != want {
			t.Errorf("%q: column %d (%s), want %d", text, l.Column, l.Cause, want)
		}
	}
}

func TestMessagesRepeatNoContent(t *testing.T) {
	const word = "kXq7secretword"
	for _, c := range textCases(newSubject(edKey)) {
		text := strings.ReplaceAll(c.text, "foo", word)
		f := Parse([]byte(strings.ReplaceAll(text, "\n", " "+word+"\n")), testRules(bookworm))
		for _, l := range f.Lines {
			if strings.Contains(l.Detail+l.Unsure+l.Cause, word) || strings.Contains(l.Detail, "AAAA") {
				t.Errorf("%s: content in %q", c.name, l.Detail)
			}
		}
	}
}
