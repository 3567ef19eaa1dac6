package collect

import (
	"slices"
	"testing"
)

func TestOnlyRootsOwnListenersCount(t *testing.T) {
	for name, c := range map[string]struct {
		status string
		want   bool
	}{
		"root's":               {"Name:\tsshd\nUid:\t0\t0\t0\t0\nNSpid:\t620\n", true},
		"a tenant's imitation": {"Name:\tsshd\nUid:\t1000\t1000\t1000\t1000\nNSpid:\t620\n", false},
		"a container's":        {"Name:\tsshd\nUid:\t0\t0\t0\t0\nNSpid:\t620\t35\n", false},
		"gone":                 {"", false},
	} {
		if got := ours(c.status); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestListenerIsKnownByItsTitle(t *testing.T) {
	for title, want := range map[string][]string{
		"sshd: /usr/sbin/sshd -D -f /etc/x [listener] 0 of 10-100 startups\x00\x00": {"/usr/sbin/sshd", "-D", "-f", "/etc/x"},
		"sshd: alice [priv]":                    nil,
		"sshd: [listener]":                      nil,
		"/usr/sbin/sshd\x00-D\x00":              nil,
		"sshd: /usr/bin/evil [listener] 0 of 1": nil,
	} {
		if got, ok := listenerTitle(title); ok != (want != nil) || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v", title, got, ok)
		}
	}
}
