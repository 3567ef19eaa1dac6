package netfilter

import "fmt"

// opSetMark is -j MARK and -j CONNMARK --set-xmark: (mark & ^mask) ^ value.
type opSetMark struct {
	ct          bool
	value, mask uint32
}

func (o opSetMark) exec(_ *machine, s *state) step {
	if o.ct {
		if s.track == tracked {
			s.ctmark = s.ctmark.andXor(^o.mask, o.value)
		}
		return goOn()
	}
	s.mark = s.mark.andXor(^o.mask, o.value)
	return goOn()
}

// opMoveMark is -j CONNMARK --save-mark and --restore-mark (xt_connmark.c, connmark_tg_shift).
type opMoveMark struct {
	restore        bool
	ctmask, nfmask uint32
	shift          int
}

func (o opMoveMark) exec(_ *machine, s *state) step {
	if s.track != tracked {
		return goOn()
	}
	if o.restore {
		s.mark = s.mark.merge(o.nfmask, s.ctmark.andXor(o.ctmask, 0).shift(o.shift))
		return goOn()
	}
	s.ctmark = s.ctmark.merge(o.ctmask, s.mark.andXor(o.nfmask, 0).shift(o.shift))
	return goOn()
}

// text of targets that iptables rules end with.
func (o opSetMark) text() string {
	name := "MARK"
	if o.ct {
		name = "CONNMARK"
	}
	return fmt.Sprintf("-j %s --set-xmark %#x/%#x", name, o.value, o.mask)
}

func (o opMoveMark) text() string {
	if o.restore {
		return fmt.Sprintf("-j CONNMARK --restore-mark --nfmask %#x --ctmask %#x", o.nfmask, o.ctmask)
	}
	return fmt.Sprintf("-j CONNMARK --save-mark --nfmask %#x --ctmask %#x", o.nfmask, o.ctmask)
}

func (o opNatTo) text() string {
	switch {
	case o.source:
		return "-j SNAT"
	case o.target.self:
		s := "-j REDIRECT"
		if o.target.port != 0 {
			s += fmt.Sprintf(" --to-ports %d", o.target.port)
		}
		return s
	}
	s := "-j DNAT --to-destination "
	if o.target.addr.IsValid() {
		s += o.target.addr.String()
	}
	if o.target.port != 0 {
		s += fmt.Sprintf(":%d", o.target.port)
	}
	return s
}
