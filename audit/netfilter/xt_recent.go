package netfilter

import (
	"net/netip"
	"strconv"
	"strings"
)

// Flags of struct xt_recent_mtinfo.check_set (linux/netfilter/xt_recent.h).
const (
	recentSet    = 2
	recentUpdate = 4
	recentRemove = 8
	recentTTL    = 16
)

// xtRecent is -m recent other than --set alone: lists of addresses with the times
// at which they were seen, which the match itself writes (xt_recent.c recent_mt).
type xtRecent struct {
	list          string
	seconds, hits uint32
	flags         uint8
	invert, dest  bool
	// mask is laid over the address, 4 or 16 bytes of it counting; nil for none.
	mask []byte
}

// recentName is the extension's name.
const recentName = "recent"

func (x xtRecent) name() string { return recentName }

func (x xtRecent) test(m *machine, s *state) tri {
	if s.way != request || m.loopback || x.dest {
		if x.flags&recentSet != 0 {
			return truth(!x.invert)
		}
		return maybe
	}
	seen, gone := m.recently(s, x.list)
	if x.flags&recentSet != 0 {
		m.note(s, x.list, strconv.Itoa(seen+1))
		return truth(!x.invert)
	}
	if gone {
		return maybe
	}
	before, ok := m.recentStamps(x.list, x.masked(m.q.From))
	t := x.enough(seen, before, ok)
	switch {
	case x.flags&recentRemove != 0:
		m.note(s, x.list, "removed")
	case x.flags&recentUpdate != 0 && t == maybe:
		m.note(s, x.list, "removed") // whether it was written is not followed
	case x.flags&recentUpdate != 0 && t == yes:
		m.note(s, x.list, strconv.Itoa(seen+1))
	}
	return inverted(t, x.invert)
}

// enough tells whether an address was seen often enough: seen times by rules that
// this packet passed, before times earlier, nobody knows how long ago.
func (x xtRecent) enough(seen, before int, known bool) tri {
	need := int(max(x.hits, 1))
	if x.flags&recentRemove != 0 {
		need = 1
	}
	switch {
	case x.flags&recentTTL != 0 && (!known || before > 0 || seen > 0):
		return maybe
	case seen >= need:
		return yes
	case !known:
		return maybe
	case seen+before < need:
		return no
	case x.seconds == 0 || x.flags&recentRemove != 0:
		return yes
	default:
		return maybe
	}
}

// masked is the address under which the list keeps the packet's source.
func (x xtRecent) masked(from netip.Addr) netip.Addr {
	b := from.WithZone("").Unmap().AsSlice()
	for i := range b {
		if i < len(x.mask) {
			b[i] &= x.mask[i]
		}
	}
	ip, _ := netip.AddrFromSlice(b)
	return ip
}

func (x xtRecent) text() string {
	var b strings.Builder
	b.WriteString("-m recent ")
	b.WriteString(bang(x.invert))
	switch {
	case x.flags&recentSet != 0:
		b.WriteString("--set")
	case x.flags&recentUpdate != 0:
		b.WriteString("--update")
	case x.flags&recentRemove != 0:
		b.WriteString("--remove")
	default:
		b.WriteString("--rcheck")
	}
	if x.seconds != 0 {
		b.WriteString(" --seconds " + strconv.FormatUint(uint64(x.seconds), 10))
	}
	if x.hits != 0 {
		b.WriteString(" --hitcount " + strconv.FormatUint(uint64(x.hits), 10))
	}
	return b.String() + " --name " + shown(x.list)
}

// struct xt_recent_mtinfo, and from revision 1 on the mask behind it.
func readXTrecent(x *blob, rev int, _ Family) []op {
	r := xtRecent{
		seconds: x.u32(0), hits: x.u32(4), flags: x.u8(8), invert: x.u8(9) != 0, list: x.str(10, 200), dest: x.u8(210) != 0,
	}
	if rev > 0 {
		for i := range 16 {
			r.mask = append(r.mask, x.u8(212+i))
		}
	}
	return []op{xt(r)}
}

// recently counts how often rules that this packet passed wrote its address into a
// list; gone tells that one may have taken it out.
func (m *machine) recently(s *state, list string) (seen int, gone bool) {
	for p := s.added; p != nil; p = p.up {
		if p.set != m.recentList(list) {
			continue
		}
		if p.key == "removed" {
			gone = true
		}
		seen++
	}
	return seen, gone
}

// note records that a rule wrote into a list, for the rules behind it.
func (m *machine) note(s *state, list, key string) {
	m.add(s, m.recentList(list), value{b: []byte(key), known: []byte(strings.Repeat("\xff", len(key)))})
}

// recentList stands for a list among the sets that rules add to.
func (m *machine) recentList(name string) *Set {
	if m.lists == nil {
		m.lists = make(map[string]*Set)
	}
	if m.lists[name] == nil {
		m.lists[name] = &Set{Name: name}
	}
	return m.lists[name]
}

// recentStamps counts the times that a list holds of an address.
func (m *machine) recentStamps(list string, ip netip.Addr) (n int, ok bool) {
	if m.host == nil || m.host.Recent == nil {
		return 0, false
	}
	text, ok := m.host.Recent(list)
	if !ok {
		return 0, false
	}
	return stamps(text, ip)
}

// stamps reads /proc/net/xt_recent/NAME: a line for each address, "src=ADDRESS
// ttl: N last_seen: N oldest_pkt: N STAMP, STAMP…" (xt_recent.c recent_seq_show).
// It is false for a text of another form.
func stamps(text string, ip netip.Addr) (n int, ok bool) {
	for line := range strings.Lines(text) {
		address, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		source, isSource := strings.CutPrefix(address, "src=")
		at, err := netip.ParseAddr(source)
		_, list, found := strings.Cut(rest, "oldest_pkt: ")
		if !isSource || err != nil || !found {
			return 0, false
		}
		if at == ip {
			n = strings.Count(list, ",") + 1
		}
	}
	return n, true
}
