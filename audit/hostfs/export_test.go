//go:build linux

package hostfs

import (
	"slices"
	"sync"
	"syscall"
	"testing"
)

// FailCalls makes system calls fail for the rest of a test, as they do on an old
// kernel or behind a seccomp filter.
func FailCalls(t testing.TB, errno syscall.Errno, calls ...string) {
	testHook = func(call string) syscall.Errno {
		if slices.Contains(calls, call) {
			return errno
		}
		return 0
	}
	t.Cleanup(func() { testHook = nil })
}

// BeforeRefresh calls f after each reading of a file, before it is looked at again.
func BeforeRefresh(t testing.TB, f func()) { before(t, "refresh", f) }

// BeforeCall calls f before the first call of a name.
func BeforeCall(t testing.TB, name string, f func()) { before(t, name, sync.OnceFunc(f)) }

func before(t testing.TB, name string, f func()) {
	testHook = func(call string) syscall.Errno {
		if call == name {
			f()
		}
		return 0
	}
	t.Cleanup(func() { testHook = nil })
}

// ForbidSwitch makes a Root behave as in a process that may not change its ids.
func ForbidSwitch(r *Root) { r.own.canSwitch = false; r.own.euid = ^uint32(1) }

// GuardLinks sets fs.protected_symlinks.
func GuardLinks(r *Root) { r.guardLinks = true }

// ForgetParents makes the next View look at the parents of homes again.
func ForgetParents(r *Root) { r.cache.drop() }

// Unexported functions under test.
var (
	ParseMountinfo = func(data []byte) int { return len(parseMountinfo(data).byID) }
	MountOn        = func(data []byte, parent uint64, point string) (string, bool) {
		m, ok := parseMountinfo(data).on(parent, point)
		return m.fstype, ok
	}
	ParseACL  = parseACL
	MatchGlob = func(pattern, name string) bool {
		s, ok := parsePattern(pattern)
		if !ok || len(s) != 1 {
			return false
		}
		if !s[0].meta() {
			return s[0].literal == name
		}
		return matchTokens(s[0].tokens, name)
	}
)
