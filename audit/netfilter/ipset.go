package netfilter

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// IPSet is the content of a set of the ipset subsystem.
type IPSet struct {
	Name string
	// Type is "hash:ip,port" and the like.
	Type string
	// Family is IPv4 or IPv6; 0 for types without addresses.
	Family Family
	// Netmask is applied to addresses before they are looked up; 0 is none.
	Netmask  int
	MarkMask uint32
	Entries  []IPSetEntry
	// Opaque tells that the set has an option this program was not taught.
	Opaque bool
	// Full content was read; otherwise only what is listed is known to be in.
	Complete bool
}

// IPSetEntry is one entry. Which fields count follows from the set's type.
type IPSetEntry struct {
	// IPs and IP2s are inclusive ranges for the first and second address.
	IPs, IP2s        [2][]byte
	Bits, Bits2      int
	PortFrom, PortTo uint16
	Proto            uint8
	Iface            string
	// Wildcard: Iface is only the beginning of a name. Physdev: it is a bridge's port.
	Wildcard, Physdev bool
	Mark              uint32
	// Member is the name of a set in a list.
	Member  string
	NoMatch bool
	// Opaque: an attribute was not understood, so the entry may or may not hold.
	Opaque bool
}

// xtSet is -m set --match-set.
type xtSet struct {
	set   string
	index uint16
	// dirs tells for each dimension whether it is the source's.
	dirs   []bool
	invert bool
	// extra: the match also looks at counters.
	extra bool
}

func (x xtSet) name() string {
	if x.set == "" {
		return "ipset"
	}
	return "ipset " + x.set
}

func (x xtSet) text() string {
	var dirs []string
	for _, src := range x.dirs {
		dirs = append(dirs, map[bool]string{true: "src", false: "dst"}[src])
	}
	return "-m set " + bang(x.invert) + "--match-set " + shown(x.set) + " " + strings.Join(dirs, ",")
}

func (x xtSet) test(m *machine, s *state) tri {
	if m.rs.IPSet == nil {
		return maybe
	}
	set, err := m.rs.IPSet(x.set, x.index)
	if err != nil || set == nil {
		return maybe
	}
	t := m.inIPSet(s, set, x.dirs, 0)
	if m.changedIPSet(s, set.Name) || x.extra && t == yes {
		t = maybe
	}
	return inverted(t, x.invert)
}

// changedIPSet tells whether a SET target of this walk named the set.
func (m *machine) changedIPSet(s *state, name string) bool {
	for a := s.added; a != nil; a = a.up {
		if a.set == nil && a.key == name {
			return true
		}
	}
	return false
}

// inIPSet is ip_set_test for one set.
func (m *machine) inIPSet(s *state, set *IPSet, dirs []bool, depth int) tri {
	if set.Type == "list:set" {
		return m.inList(s, set, dirs, depth)
	}
	kind, fields, _ := strings.Cut(set.Type, ":")
	parts := strings.Split(fields, ",")
	switch {
	case set.Opaque:
		return maybe
	case set.Family != 0 && set.Family != m.family, len(dirs) < len(parts):
		// A set of the other family, or with more dimensions than the match gives, never matches.
		return no
	}
	best, bits := no, -1
	unsure := !set.Complete
	for i := range set.Entries {
		e := &set.Entries[i]
		t := m.holdsEntry(s, set, e, kind, parts, dirs)
		switch {
		case t == maybe:
			unsure = true
		case t == yes && e.Bits+e.Bits2 > bits:
			best, bits = truth(!e.NoMatch), e.Bits+e.Bits2
		case t == yes && e.Bits+e.Bits2 == bits && e.NoMatch == (best == yes):
			unsure = true
		}
	}
	if unsure {
		return maybe
	}
	return best
}

func (m *machine) inList(s *state, set *IPSet, dirs []bool, depth int) tri {
	t := truth(false)
	if !set.Complete {
		t = maybe
	}
	for i := range set.Entries {
		member, err := m.rs.IPSet(set.Entries[i].Member, 0)
		if err != nil || member == nil || depth > 8 {
			t = t.or(maybe)
			continue
		}
		if t = t.or(m.inIPSet(s, member, dirs, depth+1)); t == yes {
			return yes
		}
	}
	return t
}

// holdsEntry tests one entry, dimension by dimension.
func (m *machine) holdsEntry(s *state, set *IPSet, e *IPSetEntry, kind string, parts []string, dirs []bool) tri {
	t := yes
	if e.Opaque {
		t = maybe
	}
	second := false
	for i, part := range parts {
		switch part {
		case "ip", "net":
			r := e.IPs
			if second {
				r = e.IP2s
			}
			second = true
			t = t.and(m.entryAddr(s, set, r, dirs[i]))
		case "port":
			t = t.and(m.entryPort(s, e, kind, dirs[i]))
		case "iface":
			t = t.and(m.entryIface(s, e, dirs[i]))
		case "mark":
			t = t.and(s.mark.masked(set.MarkMask, e.Mark))
		default: // mac
			t = t.and(maybe)
		}
		if t == no {
			return no
		}
	}
	return t
}

func (m *machine) entryAddr(s *state, set *IPSet, r [2][]byte, source bool) tri {
	v, dst := m.addrs(s)
	if !source {
		v = dst
	}
	if len(r[0]) != len(v.b) {
		return no
	}
	if set.Netmask > 0 && v.isKnown() {
		a, _ := addrOf(v).Prefix(set.Netmask)
		v = known(a.Addr().AsSlice())
	} else if set.Netmask > 0 {
		return maybe
	}
	return v.between(r[0], r[1])
}

func (m *machine) entryPort(s *state, e *IPSetEntry, kind string, source bool) tri {
	src, dst := m.ports(s)
	if source {
		dst = src
	}
	if kind != "bitmap" && e.Proto != byte(m.proto(s)) {
		return no
	}
	return inPorts(dst, e.PortFrom, e.PortTo)
}

func (m *machine) entryIface(s *state, e *IPSetEntry, source bool) tri {
	v := m.inIface(s)
	if !source {
		v = m.outIface(s)
	}
	if e.Physdev {
		return maybe
	}
	if e.Wildcard {
		return v.equals([]byte(e.Iface))
	}
	if v.isKnown() && bytes.Equal(v.b, make([]byte, 16)) {
		return no // no interface there
	}
	b := make([]byte, 16)
	copy(b, e.Iface)
	return v.equals(b)
}

// opXTSet is -j SET: what it adds or deletes makes a later look into the set undecided.
type opXTSet struct {
	sets    []string
	indices []uint16
}

func (o opXTSet) exec(m *machine, s *state) step {
	names := o.sets
	for _, n := range o.indices {
		if m.rs.IPSet == nil {
			continue
		}
		if set, err := m.rs.IPSet("", n); err == nil && set != nil {
			names = append(slices.Clip(names), set.Name)
		}
	}
	for _, name := range names {
		if !m.changedIPSet(s, name) {
			a := addition{up: s.added, key: name}
			p, ok := m.adds[a]
			if !ok {
				p = &a
				m.adds[a] = p
			}
			s.added = p
		}
	}
	return goOn()
}

// ipRange gives the inclusive range of addr/bits.
func ipRange(addr []byte, bits int) [2][]byte {
	lo, hi := bytes.Clone(addr), bytes.Clone(addr)
	for i := range lo {
		mask := byte(uint16(0xff00) >> min(max(bits-i*8, 0), 8))
		lo[i] &= mask
		hi[i] |= ^mask
	}
	return [2][]byte{lo, hi}
}

func be16(b []byte) uint16 {
	if len(b) < 2 {
		return 0
	}
	return binary.BigEndian.Uint16(b)
}
