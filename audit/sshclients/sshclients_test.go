package sshclients

import (
	"slices"
	"strings"
	"testing"
)

func TestProgramsAreKnownByTheirNames(t *testing.T) {
	for _, tc := range []struct{ software, product, version string }{
		{"SSH-2.0-PuTTY_Release_0.78", "PuTTY", "0.78"},
		{"PuTTY-Release-0.78", "PuTTY", "0.78"},
		{"WinSCP_release_5.15.3", "WinSCP", "5.15.3"},
		{"FileZilla_3.63.0", "FileZilla", "3.63.0"},
		{"OpenSSH_9.2p1 Debian-2+deb12u7", "OpenSSH", "9.2p1"},
		{"OpenSSH_for_Windows_8.1", "OpenSSH", "8.1"},
		{"libssh2_1.10.0", "libssh2", "1.10.0"},
		{"libssh-0.8.4", "libssh", "0.8.4"},
		{"JSCH-0.1.54", "JSch", "0.1.54"},
		{"JSCH_0.2.20", "JSch", "0.2.20"},
		{"ssh2js1.4.0", "ssh2 (Node.js)", "1.4.0"},
		{"Go", "Go x/crypto", ""},
		{"putty 0.70", "PuTTY", "0.70"},
		{"WinSCP 6.3.2", "WinSCP", "6.3.2"},
		{"winscp", "WinSCP", ""},
		{"Google", "", ""},
		{"libsshX", "", ""},
		{"\x1b[2J", "", ""},
		{"", "", ""},
	} {
		product, version, ok := Identify(tc.software)
		if product != tc.product || version != tc.version || ok != (tc.product != "") {
			t.Errorf("%q: %q %q %v", tc.software, product, version, ok)
		}
	}
}

func TestReleasesAreLookedUpBetweenTheirNeighbours(t *testing.T) {
	name := func(r *Release) string {
		if r == nil {
			return "none"
		}
		return r.Version
	}
	for _, tc := range []struct{ product, version, below, above string }{
		{"PuTTY", "0.78", "0.78", "0.78"},
		{"PuTTY", "0.72", "0.70", "0.74"},
		{"PuTTY", "0.52", "none", "0.63"},
		{"PuTTY", "0.99", "0.83", "none"},
		{"OpenSSH", "8.4p1", "8.4", "8.4"},
		{"OpenSSH", "9.10", "9.2", "10.0"},
		{"WinSCP", "5.17.10", "5.9.4", "5.18"},
		{"Go x/crypto", "", "2019", "2026"},
		{"PuTTY", "", "0.63", "0.83"},
		{"nothing", "1", "none", "none"},
	} {
		below, above := Around(tc.product, tc.version)
		if name(below) != tc.below || name(above) != tc.above {
			t.Errorf("%s %s: between %s and %s, want %s and %s", tc.product, tc.version, name(below), name(above), tc.below, tc.above)
		}
	}
}

func TestRowsAreWhole(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range Releases() {
		if seen[r.Name()] || r.Year < 2010 || r.Source == "" {
			t.Errorf("%s: twice, without a year or a source", r.Name())
		}
		seen[r.Name()] = true
		for what, list := range map[string][]string{"kex": r.Offer.Kex, "host key": r.Offer.HostKey, "cipher": r.Offer.CipherIn, "MAC": r.Offer.MACOut} {
			if len(list) == 0 || slices.Contains(list, "") || len(slices.Compact(slices.Sorted(slices.Values(list)))) != len(list) {
				t.Errorf("%s: %s list %v is empty, or holds a name twice", r.Name(), what, list)
			}
		}
		if r.SHA1 && !strings.Contains(strings.Join(r.Offer.HostKey, " "), "ssh-rsa") {
			t.Errorf("%s: signs by SHA-1 and does not know ssh-rsa", r.Name())
		}
		if _, _, ok := Identify(r.Name()); !ok {
			t.Errorf("%s: not known by its own name", r.Name())
		}
	}
}
