package audit

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// OpenSSH names one build of OpenSSH portable. The zero value is an unknown release.
type OpenSSH struct {
	// Major, Minor and Patch are the numbers of "9.2p1".
	Major, Minor, Patch int
	// Vendor is what the builder added after the number, such as "Debian-2+deb12u7"; empty upstream.
	Vendor string
}

// ParseOpenSSH reads "OpenSSH_9.2p1 Debian-2+deb12u7", "OpenSSH_9.2p1", "9.2p1"
// or "9.2" (a missing patch level is 1, as every release since 8.0 had).
func ParseOpenSSH(s string) (OpenSSH, error) {
	text := strings.TrimPrefix(strings.TrimSpace(s), "OpenSSH_")
	number, vendor, _ := strings.Cut(text, " ")
	number, _, _ = strings.Cut(number, ",")
	v := OpenSSH{Patch: 1, Vendor: strings.TrimSpace(vendor)}
	version, patch, hasPatch := strings.Cut(number, "p")
	major, minor, ok := strings.Cut(version, ".")
	var err error
	if !ok {
		return OpenSSH{}, fmt.Errorf("openssh version %q: want a form such as 9.2p1", s)
	}
	for _, part := range []struct {
		text string
		into *int
		use  bool
	}{{major, &v.Major, true}, {minor, &v.Minor, true}, {patch, &v.Patch, hasPatch}} {
		if !part.use {
			continue
		}
		if *part.into, err = strconv.Atoi(part.text); err != nil || *part.into < 0 || *part.into > 999 {
			return OpenSSH{}, fmt.Errorf("openssh version %q: want a form such as 9.2p1", s)
		}
	}
	return v, nil
}

// Known reports whether the release is known.
func (v OpenSSH) Known() bool { return v.Major != 0 }

// AtLeast reports whether the release is major.minor or later, whatever its patch level.
func (v OpenSSH) AtLeast(major, minor int) bool {
	return cmp.Or(cmp.Compare(v.Major, major), cmp.Compare(v.Minor, minor)) >= 0
}

// Debian reports whether Debian or Ubuntu built it, hence with their patches:
// user-group-modes (a private group may write), TCP wrappers, DebianBanner.
func (v OpenSSH) Debian() bool {
	return strings.HasPrefix(v.Vendor, "Debian") || strings.HasPrefix(v.Vendor, "Ubuntu") ||
		strings.HasPrefix(v.Vendor, "Raspbian")
}

// String returns "OpenSSH_9.2p1", with the vendor after a blank where there is one.
func (v OpenSSH) String() string {
	if !v.Known() {
		return "OpenSSH, release unknown"
	}
	s := fmt.Sprintf("OpenSSH_%d.%dp%d", v.Major, v.Minor, v.Patch)
	if v.Vendor != "" {
		s += " " + v.Vendor
	}
	return s
}
