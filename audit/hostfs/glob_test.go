//go:build linux

package hostfs_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
	"sshaudit/audit/sshdtest"
)

var globTree = []hostfstest.Entry{
	{Path: "/c/10-b.conf"}, {Path: "/c/9-a.conf"}, {Path: "/c/A.conf"}, {Path: "/c/a.conf"}, {Path: "/c/.hidden.conf"},
	{Path: "/c/[x].conf"}, {Path: "/c/a-b"}, {Path: "/c/-"}, {Path: "/c/]"}, {Path: "/c/!"}, {Path: "/c/*"}, {Path: "/c/é.conf"},
	{Path: "/c/back\\slash"}, {Path: "/c/q?"}, {Path: "/c/tab_1"},
	{Path: "/c/d/x.conf"}, {Path: "/c/e/x.conf"}, {Path: "/c/e/.y.conf"}, {Path: "/c/d.conf/z.conf"},
	{Path: "/c/l", Link: "d"}, {Path: "/c/m.conf", Link: "/c/a.conf"},
}

// TestGlobIsThatOfSshd asks the real sshd which files it includes.
func TestGlobIsThatOfSshd(t *testing.T) {
	patterns := globPatterns()
	for _, release := range sshdtest.Releases() {
		t.Run(string(release), func(t *testing.T) {
			h := sshdtest.Open(t, release)
			for _, e := range globTree {
				hostfstest.Add(t, h.Root(), e)
			}
			want := sshdIncludes(t, h, patterns)
			v := openRoot(t, h.Root()).Self()
			matched := 0
			for i, p := range patterns {
				got, err := v.Glob(p, 4096)
				if err != nil {
					t.Errorf("%q: %v", p, err)
				}
				matched += len(got)
				if diff := cmp.Diff(want[i], got); diff != "" {
					t.Errorf("%q: sshd -, glob +\n%s", p, diff)
				}
			}
			if matched < 200 {
				t.Errorf("%d patterns matched only %d names", len(patterns), matched)
			}
		})
	}
}

// globPatterns returns patterns written for one rule each, and made ones.
func globPatterns() []string {
	patterns := []string{
		"/c/*.conf", "/c/*", "/c/.*", "/c/?.conf", "/c/[a]*", "/c/[!a]*", "/c/[A-Z]*", "/c/[a-]*", "/c/[]-]", "/c/[!]a]*",
		"/c/[[:upper:]]*", "/c/[[:digit:][:lower:]]*.conf", "/c/[[:nonsense:]]*", "/c/\\*", "/c/[\\*]", "/c/\\[x\\].conf",
		"/c/[x].conf", "/c/[", "/c/a[", "/c/*/x.conf", "/c//*//x.conf", "/c/*/", "/c/l/*", "/c/./*.conf", "/c/d/../*.conf", "/c/a.conf",
		"/c/none", "/c/none/*", "/[c]/*/*.conf", "/c/d/.*/a.conf", "/c/\\.*", "/c/[.]*", "/c/**.conf", "/c/a*b", "/c/*a*.*c*o*n*f",
		"/c/[a/]x.conf", "/c/[b-a]*", "/c/[a-a]*", "/c/[--0]", "/c/[!!]", "/c/q\\?", "/c/back\\\\slash", "/c/*\\", "/c/\xc3?.conf",
		"/c/{a,A}.conf", "/c/~", "/c/[^a]*", "/c/[[:alpha:]-z]*", "/c/[a-[:digit:]]*",
	}
	rng := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"a", "x", ".", "conf", "*", "?", "[", "]", "!", "-", "[a-z]", "[!", "\\", "/", "d", "[[:digit:]x]", "[[:punct:]]", "1"}
	for range 400 {
		p := "/c/"
		for range 1 + rng.IntN(6) {
			p += alphabet[rng.IntN(len(alphabet))]
		}
		patterns = append(patterns, p)
	}
	// sshd reads a pattern that it has met before from its memory.
	slices.Sort(patterns)
	return slices.Compact(patterns)
}

// sshdIncludes runs sshd on a configuration with one Include for each pattern.
func sshdIncludes(t *testing.T, h *sshdtest.Host, patterns []string) [][]string {
	t.Helper()
	var config strings.Builder
	for _, p := range patterns {
		if h.Release() != sshdtest.Bullseye { // before 8.7 a backslash was an ordinary character there
			p = strings.ReplaceAll(p, `\`, `\\`)
		}
		fmt.Fprintf(&config, "Include \"%s\"\n", p)
	}
	if err := h.FS().WriteFile("etc/ssh/globs", []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := h.Command(t.Context(), "/usr/sbin/sshd", "-T", "-ddd", "-f", "/etc/ssh/globs").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found := make([][]string, len(patterns))
	seen := 0
	line := regexp.MustCompile(`(?m)^debug2: .*/globs line (\d+): (new include|including) (.*?)\r?$`)
	for _, m := range line.FindAllStringSubmatch(string(out), -1) {
		var n int
		fmt.Sscan(m[1], &n)
		if m[2] == "new include" {
			seen++
			continue
		}
		found[n-1] = append(found[n-1], unvis(m[3]))
	}
	if seen != len(patterns) {
		t.Fatalf("sshd read %d of %d patterns\n%s", seen, len(patterns), out)
	}
	return found
}

// unvis undoes the escapes of sshd's log, strnvis(VIS_SAFE|VIS_OCTAL).
func unvis(s string) string {
	return regexp.MustCompile(`\\(\d{3}|\\)`).ReplaceAllStringFunc(s, func(e string) string {
		if e == `\\` {
			return `\`
		}
		var c byte
		fmt.Sscanf(e[1:], "%o", &c)
		return string([]byte{c})
	})
}

func TestGlobSaysWhenItIsIncomplete(t *testing.T) {
	r := build(t, globTree...)
	found, err := r.Self().Glob("/c/*.conf", 3)
	if !errors.Is(err, hostfs.ErrTooLarge) || len(found) != 3 || !slices.IsSorted(found) {
		t.Error(found, err)
	}
	if _, err := r.Self().Glob("c/*", 3); !errors.Is(err, hostfs.ErrPath) {
		t.Error(err)
	}
}

func TestGlobTakesDanglingLinksAndHidesUnreadableDirectories(t *testing.T) {
	r := build(t,
		hostfstest.Entry{Path: "/h/", UID: alice},
		hostfstest.Entry{Path: "/h/dangling", Link: "/nowhere", UID: alice},
		hostfstest.Entry{Path: "/h/shut/", Mode: 0o700, UID: bob},
		hostfstest.Entry{Path: "/h/shut/key", UID: bob},
		hostfstest.Entry{Path: "/h/nosearch/", Mode: 0o744, UID: bob},
		hostfstest.Entry{Path: "/h/nosearch/key", UID: bob})
	as(t, r, alice, func(v *hostfs.View) {
		for pattern, want := range map[string]string{"/h/d*": "[/h/dangling]", "/h/*/k*": "[]", "/h/shut/key": "[]", "/h/s*/": "[/h/shut/]"} {
			if found, err := v.Glob(pattern, 10); fmt.Sprint(found) != want || err != nil {
				t.Errorf("%s: %v %v, want %s", pattern, found, err, want)
			}
		}
	})
}

func FuzzGlobPattern(f *testing.F) {
	for _, seed := range []string{"*", "[!a-z]*", "[[:alpha:]]", "[", "\\", "a**b", "[]", "[a-", "[[:", "[[:alpha:]"} {
		f.Add(seed, "name")
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		plain := !strings.ContainsAny(pattern, "*?[\\/")
		if got := hostfs.MatchGlob(pattern, name); plain && got != (pattern == name) {
			t.Errorf("%q matches %q: %v", pattern, name, got)
		}
		if strings.ContainsAny(name, "/") || name == "" {
			return
		}
		quoted := regexp.MustCompile(`[*?\[\\]`).ReplaceAllString(name, `\$0`)
		if !hostfs.MatchGlob(quoted, name) || !hostfs.MatchGlob("*", name) || !hostfs.MatchGlob(strings.Repeat("*?", 1)+"*", name) {
			t.Errorf("%q does not match itself", name)
		}
	})
}
