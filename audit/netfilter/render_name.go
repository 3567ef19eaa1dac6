package netfilter

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

func escapeName(s string) string {
	if s == "" {
		return ""
	}
	return shown(s)
}

func invertBytes(b []byte) []byte {
	out := slices.Clone(b)
	for i := range out {
		out[i] = ^out[i]
	}
	return out
}

// hexOf writes bits as a number.
func hexOf(t *jtype, b []byte) string {
	c := slices.Clone(b)
	if t.host && littleEndian {
		reverse(c)
	}
	if s := strings.TrimLeft(hex.EncodeToString(c), "0"); s != "" {
		return s
	}
	return "0"
}

func (t *Table) isInet() bool { return t.Family == Inet || t.Family == Netdev || t.Family == Bridge }

func metaText(k uint32) string {
	name := metaName(k)
	switch k {
	case metaIif, metaOif, metaIifname, metaOifname, metaIiftype, metaOiftype, metaIifgroup, metaOifgroup, metaIifkind, metaOifkind:
		return name
	}
	return "meta " + name
}

// metaName is nft's word for NFT_META_*.
func metaName(k uint32) string {
	switch k {
	case metaIif:
		return "iif"
	case metaOif:
		return "oif"
	case metaSecpath:
		return "ipsec"
	}
	for name, m := range metaKeys {
		if m.key == k && name != "iif" && name != "oif" {
			return name
		}
	}
	return strconv.Itoa(int(k))
}

func metaType(k uint32) *jtype {
	if k == metaIif || k == metaOif {
		return typeHost4
	}
	if m, ok := metaKeys[metaName(k)]; ok && m.t != nil {
		return m.t
	}
	return typeHost4
}

func ctName(k uint32) string {
	for name, c := range ctKeys {
		if c.key == k {
			return name
		}
	}
	return map[uint32]string{ctSrc: "saddr", ctDst: "daddr"}[k]
}

func ctText(k uint32, dir int) string {
	switch dir {
	case 0:
		return "ct original " + ctName(k)
	case 1:
		return "ct reply " + ctName(k)
	}
	return "ct " + ctName(k)
}

func ctType(k uint32) *jtype {
	if c, ok := ctKeys[ctName(k)]; ok && c.t != nil {
		return c.t
	}
	return typeHost4
}

func fibText(o opFib) string {
	var by []string
	for i, n := range [...]string{"saddr", "daddr", "mark", "iif", "oif"} {
		if o.flags&(1<<i) != 0 {
			by = append(by, n)
		}
	}
	return "fib " + strings.Join(by, " . ") + " " + [...]string{"?", "oif", "oifname", "type"}[min(o.result, 3)]
}

func fibType(o opFib) *jtype {
	switch {
	case o.flags&fibPresent != 0:
		return typeBool
	case o.result == fibResultType:
		return typeFib
	case o.result == fibResultOifname:
		return typeIfname
	}
	return typeHost4
}
