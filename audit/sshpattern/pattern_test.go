package sshpattern

import (
	"strings"
	"testing"

	"sshaudit/audit"
)

var (
	v84  = New(audit.OpenSSH{Major: 8, Minor: 4, Patch: 1})
	v98  = New(audit.OpenSSH{Major: 9, Minor: 8, Patch: 1})
	v100 = New(audit.OpenSSH{Major: 10, Patch: 1})
)

func TestPatternMatchesAsMatchPatternDoes(t *testing.T) {
	for _, c := range []struct {
		s, pattern string
		want       bool
	}{
		{"", "", true}, {"", "*", true}, {"", "?", false}, {"a", "", false},
		{"alice", "alice", true}, {"alice", "Alice", false}, {"alice", "al", false},
		{"alice", "al*", true}, {"alice", "*ice", true}, {"alice", "*l*c*", true},
		{"alice", "a????", true}, {"alice", "a???", false}, {"alice", "*?", true},
		{"alice", "**", true}, {"a", "a**", true}, {"a", "*?*", true}, {"", "*?*", false},
		{"[a]", "[a]", true}, {"a", "[a]", false}, {`a*`, `a\*`, false}, {`a\x`, `a\*`, true},
		{"abcabd", "*abd", true}, {"aaab", "*a?b", true}, {"ab", "*a?b", false},
		{"DOM\\user", "DOM\\*", true},
	} {
		if got := v100.Pattern(c.s, c.pattern); got != c.want {
			t.Errorf("Pattern(%q, %q) = %v, want %v", c.s, c.pattern, got, c.want)
		}
	}
}

func TestTrailingAsterisksWantACharacterUpTo84(t *testing.T) {
	for _, c := range []struct {
		s, pattern string
		want       bool
	}{
		{"", "**", false}, {"a", "**", true}, {"a", "a**", false}, {"ab", "a**", true},
		{"a", "a***", false}, {"ab", "a***", true}, {"a", "**a", true}, {"ab", "a**b", true}, {"a", "a*", true},
	} {
		if got := v84.Pattern(c.s, c.pattern); got != c.want {
			t.Errorf("8.4: Pattern(%q, %q) = %v, want %v", c.s, c.pattern, got, c.want)
		}
	}
}

func TestManyAsterisksTakeNoExponentialTime(t *testing.T) {
	if v100.Pattern(strings.Repeat("a", 5000), strings.Repeat("*a", 500)+"b") {
		t.Error("matched without a b")
	}
}

func TestListNegationDecidesWhereverItStands(t *testing.T) {
	long := strings.Repeat("x", maxEntry)
	for _, c := range []struct {
		s, list string
		lower   bool
		want    Result
	}{
		{"alice", "alice", false, Match}, {"alice", "bob,alice", false, Match}, {"alice", "bob", false, NoMatch},
		{"root", "*,!root", false, Negated}, {"root", "!root,*", false, Negated}, {"alice", "*,!root", false, Match},
		{"alice", "!root", false, NoMatch}, {"", "", false, NoMatch}, {"", ",", false, Match}, {"", "a,", false, NoMatch},
		{"", "!", false, Negated}, {"a", "!", false, NoMatch}, {"!a", "!!a", false, Negated}, {"a", " a", false, NoMatch},
		{"host", "HOST", true, Match}, {"host", "HOST", false, NoMatch}, {"HOST", "HOST", true, NoMatch},
		{"a", "a," + long, false, NoMatch}, {"a", "!a," + long, false, Negated}, {"a", "!a,a", false, Negated},
		{long[1:], "a," + long[1:], false, Match},
	} {
		if got := v100.List(c.s, c.list, c.lower); got != c.want {
			t.Errorf("List(%.20q, %.20q, %v) = %v, want %v", c.s, c.list, c.lower, got, c.want)
		}
	}
}

func TestHostnameIgnoresCase(t *testing.T) {
	if got := v100.Hostname("Host.Example.ORG", "*.example.org"); got != Match {
		t.Errorf("got %v", got)
	}
}

func TestGroupsHaveNoListsAndNoNegation(t *testing.T) {
	for _, c := range []struct {
		patterns []string
		want     bool
	}{
		{[]string{"wheel"}, true}, {[]string{"staff,wheel"}, false}, {[]string{"!wheel"}, false},
		{[]string{"none", "st*"}, true}, {nil, false},
	} {
		if got := v100.Groups([]string{"staff", "wheel"}, c.patterns); got != c.want {
			t.Errorf("Groups(%q) = %v, want %v", c.patterns, got, c.want)
		}
	}
}

func TestGroupListOneNegatedGroupDecides(t *testing.T) {
	for _, c := range []struct {
		list string
		want bool
	}{{"staff", true}, {"*,!wheel", false}, {"*,!root", true}, {"!root", false}, {"other", false}} {
		if got := v100.GroupList([]string{"staff", "wheel"}, c.list); got != c.want {
			t.Errorf("GroupList(%q) = %v, want %v", c.list, got, c.want)
		}
	}
	if v100.GroupList(nil, "*") {
		t.Error("an account without groups matched")
	}
}

// FuzzPattern compares with the plain definition of a pattern.
func FuzzPattern(f *testing.F) {
	f.Add("alice", "a*c?")
	f.Add("", "**")
	f.Add("abcabd", "*abd")
	f.Fuzz(func(t *testing.T, s, pattern string) {
		if len(s) > 40 || len(pattern) > 40 {
			t.Skip("the table below is quadratic")
		}
		if got, want := v100.Pattern(s, pattern), reference(s, pattern); got != want {
			t.Errorf("Pattern(%q, %q) = %v, want %v", s, pattern, got, want)
		}
		for _, r := range []Result{v84.List(s, pattern, true), v100.List(s, pattern, false)} {
			if r > Negated {
				t.Errorf("List(%q, %q): outcome %d", s, pattern, r)
			}
		}
	})
}

// reference fills the table of "prefix of s matches prefix of pattern".
func reference(s, pattern string) bool {
	row := make([]bool, len(s)+1)
	row[0] = true
	for p := range len(pattern) {
		next := make([]bool, len(s)+1)
		for i := range next {
			switch pattern[p] {
			case '*':
				next[i] = row[i] || i > 0 && next[i-1]
			case '?':
				next[i] = i > 0 && row[i-1]
			default:
				next[i] = i > 0 && row[i-1] && s[i-1] == pattern[p]
			}
		}
		row = next
	}
	return row[len(s)]
}

func BenchmarkList(b *testing.B) {
	for b.Loop() {
		v100.List("customer-web-0815", "admin*,*-db-*,!backup,customer-*-????", false)
	}
}
