package netfilter

import (
	"reflect"
	"strings"
	"testing"
)

// askAll asks a rule set from anywhere: no input may make the evaluation panic,
// and the same question twice must have the same answer.
func askAll(t *testing.T, rs *Ruleset) {
	t.Helper()
	for _, short := range []string{"198.51.100.7 22/tcp", "2001:db8::7 22/tcp", "10.1.2.3 53/udp"} {
		first := ask(t, rs, nil, short)
		again := ask(t, rs, nil, short)
		if !reflect.DeepEqual(first, again) {
			t.Errorf("%s: answered %+v, then %+v", short, first, again)
		}
		if first.Verdict == Unknown && len(first.Unknown) == 0 {
			t.Errorf("%s: unknown, and nothing is named", short)
		}
		for _, s := range first.Trace {
			if strings.ContainsAny(s.Rule+s.Chain+s.Table, "\x1b\n\x00") {
				t.Errorf("%s: a control byte in %q %q", short, s.Chain, s.Rule)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range textCases {
		f.Add(c.text)
	}
	for _, c := range badTexts {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rs, err := Parse("fuzz", []byte(text))
		if err != nil {
			if rs != nil {
				t.Error("an error came with a rule set")
			}
			if strings.ContainsAny(err.Error(), "\x1b\n\x00") {
				t.Errorf("a control byte in the error %q", err)
			}
			return
		}
		askAll(t, rs)
	})
}

func FuzzFromNetlink(f *testing.F) {
	for _, name := range []string{"nft.bin", "marks.bin", "nat.bin", "xt.bin"} {
		f.Add(recorded(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if rs, err := fromDump(b); err == nil {
			askAll(t, rs)
		}
	})
}

func FuzzLegacyTable(f *testing.F) {
	f.Add(recorded(f, "legacy-chains.bin"), false)
	f.Add(recorded(f, "legacy-sets.bin"), false)
	f.Add(recorded(f, "legacy-chains.bin"), true)
	f.Fuzz(func(t *testing.T, b []byte, v6 bool) {
		family := IPv4
		if v6 {
			family = IPv6
		}
		info, entries := legacyBlob(b)
		if table, err := LegacyTable(family, "filter", info, entries); err == nil {
			askAll(t, &Ruleset{Tables: []*Table{table}})
		}
	})
}

func FuzzIPSet(f *testing.F) {
	for _, name := range []string{"nets", "hp", "all", "ni", "three", "ports"} {
		f.Add(recorded(f, "ipset-"+name+"0.bin"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		set := &IPSet{}
		if AddIPSet(set, [][]byte{b}) != nil {
			return
		}
		rs := &Ruleset{IPSet: func(string, uint16) (*IPSet, error) { return set, nil }}
		for _, short := range []string{"198.51.100.7 22/tcp", "2001:db8::7 22/tcp"} {
			m := &machine{rs: rs, q: question(t, short), family: IPv4}
			if m.v6 = m.q.From.Is6(); m.v6 {
				m.family = IPv6
			}
			for n := range 4 {
				x := xtSet{set: "s", dirs: make([]bool, n)}
				plain := x.test(m, m.first())
				if x.invert = true; x.test(m, m.first()) != plain.not() {
					t.Errorf("%s: inverted is not the contrary", short)
				}
			}
		}
	})
}
