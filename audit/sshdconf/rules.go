package sshdconf

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/sshpattern"
)

// rules is everything about a release, its build and its surroundings that
// reading a configuration depends on. It does not change after Load.
type rules struct {
	version audit.OpenSSH
	rel     rel
	build   Build
	// argv: arguments are cut by argv_split (8.7), not strdelim.
	argv bool
	// newQoS: the IPv4 words of IPQoS are gone; backportedKex: an older release
	// with the name sntrup761x25519-sha512.
	newQoS, backportedKex bool
	matcher               sshpattern.Matcher
	words                 map[string]*word

	options []*option
	slots   map[string]int
	sets    map[*algorithmSet]*assembled

	dir, rootHome string
	home          func(string) (string, bool)
	services      func() map[string]int
	hosts         func() map[string][]netip.Addr
}

// assembled is a set of algorithms of one release.
type assembled struct {
	all           []algorithm
	names, preset string
}

func newRules(v audit.OpenSSH, build Build) *rules {
	r := &rules{version: v, rel: relOf(v), build: build, matcher: sshpattern.New(v), options: table, slots: slots}
	r.argv = r.rel >= 807
	r.newQoS = r.rel >= 1001 || r.rel == 1000 && debianUpdate(v, "Debian-7+deb13u", 3)
	r.backportedKex = debianUpdate(v, "Debian-2+deb12u", 4)
	r.sets = make(map[*algorithmSet]*assembled)
	for _, o := range table {
		if o.algorithms == nil || r.sets[o.algorithms] != nil {
			continue
		}
		set := &assembled{all: o.algorithms.all(r), preset: o.algorithms.preset(r)}
		names := make([]string, len(set.all))
		for i, a := range set.all {
			names[i] = a.name
		}
		set.names = strings.Join(names, ",")
		r.sets[o.algorithms] = set
	}
	r.words = vocabulary(r)
	return r
}

// debianUpdate reports whether the vendor string is an update of a Debian
// package, such as "Debian-2+deb12u4", of the given number or later.
func debianUpdate(v audit.OpenSSH, prefix string, number int) bool {
	update, ok := strings.CutPrefix(v.Vendor, prefix)
	n, err := strconv.Atoi(update)
	return ok && err == nil && n >= number
}

func (r *rules) slot(name string) int       { return r.slots[name] }
func (r *rules) option(name string) *option { return r.options[r.slots[name]] }

func (r *rules) all(s *algorithmSet) []algorithm { return r.sets[s].all }
func (r *rules) allNames(s *algorithmSet) string { return r.sets[s].names }
func (r *rules) preset(s *algorithmSet) string   { return r.sets[s].preset }

// text returns the first text of a setting, its default, or nothing.
func (r *rules) text(vals values, name string) string {
	o := r.option(name)
	if v := vals[o.slot]; v != nil {
		if len(v.items) == 0 {
			return ""
		}
		return v.items[0].text
	}
	if o.preset == nil {
		return ""
	}
	return o.preset(r)[0]
}

// service returns the port of a named TCP service, -1 if there is none.
func (r *rules) service(name string) int {
	if port, ok := r.services()[name]; ok {
		return port
	}
	return -1
}

// parseServices reads the TCP services of /etc/services (services(5)); the
// first line that names a service counts.
func parseServices(data []byte) map[string]int {
	out := map[string]int{}
	for raw := range bytes.Lines(data) {
		text, _, _ := strings.Cut(string(raw), "#")
		fields := strings.Fields(text)
		if len(fields) < 2 {
			continue
		}
		number, protocol, _ := strings.Cut(fields[1], "/")
		port, err := strconv.Atoi(number)
		if err != nil || protocol != "tcp" || port < 0 || port > 65535 {
			continue
		}
		for _, name := range append(fields[:1:1], fields[2:]...) {
			if _, taken := out[name]; !taken {
				out[name] = port
			}
		}
	}
	return out
}
