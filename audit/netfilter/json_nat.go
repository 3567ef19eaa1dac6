package netfilter

import "slices"

// nat compiles translations.
func (b *jsonRuleBuilder) nat(kind string, o object) {
	flags := uint32(0)
	if len(list(o["flags"])) > 0 {
		flags = natUnforeseable
	}
	if kind == "snat" || kind == "masquerade" {
		b.add(opMasq{})
		return
	}
	if f := text(o["family"]); f != "" {
		fam, _ := familyByName(f)
		b.dependFamily(fam)
	}
	n := opNat{family: Inet, addrMin: -1, addrMax: -1, portMin: -1, portMax: -1, flags: flags}
	if a, ok := o["addr"]; ok && a != nil {
		if !b.natAddr(&n, a) {
			b.add(opFate{"destination NAT to one of several addresses"})
			return
		}
	}
	if p, ok := o["port"]; ok && p != nil {
		if c, err := typeService.constant(p); err == nil {
			b.add(opImm{32, c})
		} else if t, ok := b.load(p, 32); !ok || t.n != 2 && t != typeHost4 {
			b.add(opFate{"destination NAT to one of several ports"})
			return
		} else if t == typeHost4 {
			b.add(opByteorder{32, 32, 4, 4}, opMovePort{32})
		}
		n.portMin = 32
	}
	if kind == "redirect" {
		b.add(opRedirect{n.portMin, -1, flags})
		return
	}
	b.add(n)
}

// opMovePort takes the low half of a big-endian number: the anonymous maps of a
// file hold ports as plain numbers.
type opMovePort struct{ reg int }

func (o opMovePort) exec(_ *machine, s *state) step {
	v := s.regs.get(o.reg, 4)
	s.regs.put(o.reg, value{b: slices.Clone(v.b[2:4]), known: slices.Clone(v.known[2:4]), why: v.why})
	return goOn()
}

func (b *jsonRuleBuilder) natAddr(n *opNat, v any) bool {
	for _, t := range []*jtype{typeIPv4, typeIPv6} {
		if c, err := t.constant(v); err == nil {
			b.add(opImm{40, c})
			n.addrMin = 40
			b.dependFamily(map[bool]Family{true: IPv4, false: IPv6}[t == typeIPv4])
			return true
		}
	}
	t, ok := b.load(v, 40)
	switch {
	case !ok:
		return false
	case len(t.parts) == 2 && t.parts[1] == typeService:
		n.addrMin, n.portMin = 40, 40+t.parts[0].n
		return t.parts[0].n <= 16
	}
	n.addrMin = 40
	return t == typeIPv4 || t == typeIPv6
}
