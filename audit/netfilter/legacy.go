package netfilter

import (
	"bytes"
	"errors"
	"fmt"
)

// LegacyInfo is what ip_tables tells about a table before it hands it out
// (struct ipt_getinfo): offsets of the hooks' first rules and of their policies.
type LegacyInfo struct {
	ValidHooks uint32
	HookEntry  [5]uint32
	Underflow  [5]uint32
}

// legacyPriority holds the priorities at which the legacy tables hook in (NF_IP_PRI_*).
var legacyPriority = map[string]int{"raw": -300, "mangle": -150, "nat": -100, "filter": 0, "security": 50}

var legacyHooks = [5]Hook{Prerouting, Input, Forward, Output, Postrouting}

var legacyNames = [5]string{"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}

// hookPriority is where a legacy table's chain is called; source NAT in input and
// postrouting runs last.
func hookPriority(table string, h Hook) int {
	if table == "nat" && (h == Input || h == Postrouting) {
		return prioSrcNAT
	}
	return legacyPriority[table]
}

// layout gives the sizes and offsets of struct ipt_entry and ip6t_entry.
type layout struct {
	addr, iface, proto, flags, inv int
	target, next, size             int
}

var (
	layout4 = layout{4, 16, 80, 82, 83, 88, 90, 112}
	layout6 = layout{16, 64, 128, 131, 132, 140, 142, 168}
)

// Flags and inversions of struct ipt_ip and ip6t_ip6.
const (
	ipFragment  = 1
	ipGoto      = 2
	ip6Goto     = 4
	invIn       = 1
	invOut      = 2
	invSrc      = 8
	invDst      = 16
	invFragment = 32
	invProto    = 64
)

var errLegacy = errors.New("the table's entries make no sense")

// LegacyTable builds a table from the blob of IPT_SO_GET_ENTRIES.
func LegacyTable(f Family, name string, info LegacyInfo, blob []byte) (*Table, error) {
	r := legacyReader{t: newTable(f, name), f: f, l: layout4, blob: blob, chains: map[int]*Chain{}}
	r.t.Dialect = Legacy
	if f == IPv6 {
		r.l = layout6
	}
	entries, err := r.entries()
	if err != nil {
		return nil, fmt.Errorf("read legacy table %s: %w", name, err)
	}
	if err := r.build(info, entries); err != nil {
		return nil, fmt.Errorf("read legacy table %s: %w", name, err)
	}
	return r.t, nil
}

type legacyReader struct {
	t      *Table
	f      Family
	l      layout
	blob   []byte
	chains map[int]*Chain
}

// legacyEntry is one rule with its place in the blob.
type legacyEntry struct {
	off    int
	b      []byte
	target string
	info   []byte
}

// entries cuts the blob into rules.
func (r *legacyReader) entries() ([]legacyEntry, error) {
	var out []legacyEntry
	for off := 0; off < len(r.blob); {
		x := &blob{b: r.blob[off:]}
		next, at := int(x.u16(r.l.next)), int(x.u16(r.l.target))
		if x.short || next < r.l.size+32 || next > len(x.b) || at < r.l.size || at+32 > next {
			return nil, errLegacy
		}
		size := int(x.u16(at))
		if size < 32 || at+size > next {
			return nil, errLegacy
		}
		out = append(out, legacyEntry{off, x.b[:next], cString(x.b[at+2 : at+31]), x.b[at+32 : at+size]})
		off += next
	}
	return out, nil
}

// build makes chains: built-in ones begin at a hook's entry, the others behind an
// ERROR target that carries their name.
func (r *legacyReader) build(info LegacyInfo, entries []legacyEntry) error {
	for i, h := range legacyHooks {
		if info.ValidHooks&(1<<i) == 0 {
			continue
		}
		c := r.t.chain(legacyNames[i])
		c.Hook, c.Type, c.Priority = h, "filter", hookPriority(r.t.Name, h)
		if r.t.Name == "nat" {
			c.Type = "nat"
		}
		r.chains[int(info.HookEntry[i])] = c
	}
	for i, e := range entries {
		if e.target == "ERROR" && i+1 < len(entries) {
			r.chains[entries[i+1].off] = r.t.chain(cString(e.info))
		}
	}
	var c *Chain
	for i, e := range entries {
		if in, ok := r.chains[e.off]; ok {
			c = in
		}
		if c == nil {
			return errLegacy
		}
		if e.target == "ERROR" {
			continue
		}
		policy := false
		for h := range legacyHooks {
			if info.ValidHooks&(1<<h) != 0 && int(info.Underflow[h]) == e.off {
				policy = true
			}
		}
		if last := i+1 == len(entries) || entries[i+1].target == "ERROR"; policy {
			if code := int32((&blob{b: e.info}).u32(0)); e.target == "" && code == -1 {
				c.Policy = Verdict{Code: Drop}
			}
			continue
		} else if last && c.Hook == NoHook {
			continue // the RETURN at the end of a user's chain
		}
		rule := &Rule{Handle: uint64(len(c.Rules) + 1), done: true, ops: r.ops(e)}
		rule.Comment = commentOf(rule.ops)
		c.Rules = append(c.Rules, rule)
	}
	return nil
}

// ops decodes one rule.
func (r *legacyReader) ops(e legacyEntry) []op {
	x := &blob{b: e.b}
	ops := r.header(x)
	for off := r.l.size; off+32 <= int(x.u16(r.l.target)); {
		size := int(x.u16(off))
		if size < 32 || off+size > len(e.b) {
			return append(ops, opUnknown{"a broken match"})
		}
		ops = append(ops, decodeMatch(cString(e.b[off+2:off+31]), int(e.b[off+31]), e.b[off+32:off+size], r.f)...)
		off += size
	}
	if e.target != "" {
		return append(ops, decodeTarget(e.target, int(e.b[int(x.u16(r.l.target))+31]), e.info, r.f))
	}
	return append(ops, r.standard(x, e)...)
}

// standard reads the built-in target: a verdict, or a jump to an offset.
func (r *legacyReader) standard(x *blob, e legacyEntry) []op {
	code := int32((&blob{b: e.info}).u32(0))
	isGoto := x.u8(r.l.flags)&ipGoto != 0
	if r.f == IPv6 {
		isGoto = x.u8(r.l.flags)&ip6Goto != 0
	}
	switch {
	case code == -5:
		return []op{opVerdict{Verdict{Code: Return}}}
	case code < 0:
		v, ok := wireVerdict(-code-1, "")
		if !ok {
			return []op{opUnknown{"a verdict"}}
		}
		return []op{opVerdict{v}}
	case int(code) == e.off+len(e.b):
		return nil // a jump to the next rule: a rule without a target
	}
	to := r.chains[int(code)]
	if to == nil {
		return []op{opUnknown{"a jump to nowhere"}}
	}
	v := Verdict{Code: Jump, Chain: to.Name}
	if isGoto {
		v.Code = Goto
	}
	return []op{opVerdict{v}}
}

// header reads struct ipt_ip or ip6t_ip6.
func (r *legacyReader) header(x *blob) []op {
	var ops []op
	n, inv := r.l.addr, x.u8(r.l.inv)
	for i, bit := range []uint8{invSrc, invDst} {
		if mask := x.at(2*n+i*n, n); !zero(mask) || inv&bit != 0 {
			ops = append(ops, xt(xtAddr{dest: i == 1, invert: inv&bit != 0, addr: x.at(i*n, n), mask: mask}))
		}
	}
	for i, bit := range []uint8{invIn, invOut} {
		name, mask := x.at(r.l.iface+i*16, 16), x.at(r.l.iface+32+i*16, 16)
		if zero(mask) {
			continue
		}
		// The mask ends before the "+" of a pattern, and behind the zero of a name.
		pattern := cString(name)
		if n := bytes.IndexByte(mask, 0); n >= 0 && n <= len(pattern) {
			pattern = pattern[:n] + "+"
		}
		ops = append(ops, xt(xtIface{out: i == 1, invert: inv&bit != 0, pattern: pattern}))
	}
	if p := x.u16(r.l.proto); p != 0 {
		ops = append(ops, xt(xtProto{proto: uint8(p), invert: inv&invProto != 0}))
	}
	if r.f == IPv4 && x.u8(r.l.flags)&ipFragment != 0 {
		ops = append(ops, xt(xtFixed{opts: bang(inv&invFragment != 0) + "-f", is: truth(inv&invFragment != 0)}))
	}
	return ops
}

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
