package netfilter

import "net/netip"

// tracking is what conntrack knows of the packet.
type tracking uint8

const (
	// untouched: conntrack has not run; ct state reads invalid.
	untouched tracking = iota
	tracked
	untracked
)

// way is which packet of the connection is under way.
type way uint8

const (
	request   way = iota // the SYN, or the first datagram
	reply                // the SYN-ACK
	later                // the ACK and what follows
	refusal              // the reset or ICMP error that reject sends
	leaving              // the request of a connection to oneself, on its way out
	returning            // the reply of such a connection, on its way in
)

var wayNames = [...]string{"request", "reply", "later", "refusal", "leaving", "returning"}

// outgoing tells the packets that are on their way out of this host.
func (w way) outgoing() bool { return w == reply || w == refusal || w == leaving }

// fromServer tells the packets whose source is the server's end.
func (w way) fromServer() bool { return w == reply || w == refusal || w == returning }

// frame is a place to return to. Frames are interned, so that equal stacks are
// equal pointers.
type frame struct {
	up    *frame
	chain *Chain
	rule  int
	depth int
}

// addition is an element that a rule added to a set for this packet on.
type addition struct {
	up  *addition
	set *Set
	key string
}

// core is the part of a state that lives from rule to rule. It is comparable:
// two ways that arrive at the same place with the same core end the same.
type core struct {
	way   way
	stage int
	// nat counts the nat chains called in a nat stage.
	nat   int
	chain *Chain
	base  *Chain
	rule  int
	stack *frame

	mark, ctmark, priority bits32
	track                  tracking
	// established and replyDir are conntrack's view.
	established, replyDir bool
	// noCtNew: conntrack met the connection halfway, so its tuples are not those of the question.
	noCtNew bool
	// onLoopback: the connection is one to oneself.
	onLoopback bool

	// daddr and dport are the connection's destination after translation. An
	// invalid address is one of the host's, not known which.
	daddr netip.Addr
	dport uint16
	// pre: the packet shows the destination as it was before translation.
	pre bool
	// natOnce: a nat chain has translated the destination; snatOnce: the source.
	natOnce, snatOnce bool
	// dnat is conntrack's IPS_DST_NAT; snat IPS_SRC_NAT.
	dnat, snat bool
	// zone is the packet's conntrack zone, entryZone that of the connection's entry.
	zone, entryZone uint16
	added           *addition
	// refused is the rule that rejected the request, while its refusal is on the
	// way out; reset tells a TCP reset from an ICMP error.
	refused *ref
	reset   bool
	// entered: the fork about whether this stage is passed at all is behind us.
	entered bool
}

// state is a core and what lives within one rule.
type state struct {
	core
	op   int
	regs registers
}

// registers are nf_tables' sixteen words.
type registers struct {
	b, known [64]byte
	info     [16]regInfo
}

type regInfo struct {
	why   string
	least uint16
	notLo bool
	n     int
}

// register turns an NFT_REG_* number into a byte offset; ok is false for the
// verdict register and numbers that do not exist.
func register(n uint32) (int, bool) {
	switch {
	case n >= 1 && n <= 4:
		return int(n-1) * 16, true
	case n >= 8 && n <= 23:
		return int(n-8) * 4, true
	}
	return 0, false
}

// put stores v at a byte offset, padded with zeroes to a word as the kernel does.
func (r *registers) put(off int, v value) {
	n := len(v.b)
	if off+n > 64 {
		n = 64 - off
	}
	end := min((off+n+3)&^3, 64)
	for i := off; i < end; i++ {
		r.b[i], r.known[i] = 0, 0xff
	}
	copy(r.b[off:off+n], v.b[:n])
	copy(r.known[off:off+n], v.known[:n])
	for w := off / 4; w < (end+3)/4; w++ {
		r.info[w] = regInfo{why: v.why}
	}
	r.info[off/4] = regInfo{v.why, v.least, v.notLo, n}
}

// get reads n bytes from a byte offset.
func (r *registers) get(off, n int) value {
	if off+n > 64 || n < 0 {
		return unknown(max(n, 0), "a register")
	}
	v := value{b: r.b[off : off+n : off+n], known: r.known[off : off+n : off+n]}
	if first := r.info[off/4]; first.n >= n || first.n == 0 || n <= 4 {
		v.least, v.notLo, v.why = first.least, first.notLo && n > 2, first.why
		if first.least > 0 && n != 2 {
			v.least = 0
		}
	}
	if v.why == "" && !v.isKnown() {
		for w := off / 4; w < (off+n+3)/4; w++ {
			if r.info[w].why != "" {
				v.why = r.info[w].why
				break
			}
		}
	}
	return v
}

// netipNone is no address.
var netipNone netip.Addr
