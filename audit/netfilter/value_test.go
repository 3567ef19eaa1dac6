package netfilter

import "testing"

// TestPartKnownValuesCompareAsAllTheirCompletions tries every value of one byte
// with every mask of known bits in its low half: yes and no must hold for all
// completions, and where the bits do not matter the answer must be definite.
func TestPartKnownValuesCompareAsAllTheirCompletions(t *testing.T) {
	for b := range 16 {
		for k := range 16 {
			v := value{b: []byte{byte(b)}, known: []byte{byte(k) | 0xf0}}
			for data := range 16 {
				for op := cmpEq; op <= cmpGte; op++ {
					some, all := false, true
					for full := range 16 {
						if (full^b)&k != 0 {
							continue
						}
						holds := [...]bool{full == data, full != data, full < data, full <= data, full > data, full >= data}[op]
						some, all = some || holds, all && holds
					}
					got := compare(v, op, []byte{byte(data)})
					if got == yes && !all || got == no && some {
						t.Fatalf("value %04b known %04b, op %d with %04b: %d, but some %v, all %v", b, k, op, data, got, some, all)
					}
					if op <= cmpNeq && got == maybe && (all || !some) {
						t.Fatalf("value %04b known %04b, op %d with %04b: undecided without need", b, k, op, data)
					}
				}
			}
		}
	}
}

func TestBitwiseKeepsWhatIsKnown(t *testing.T) {
	for a := range 256 {
		for _, k := range []int{0, 0x0f, 0xf0, 0xff, 0x5a} {
			for _, other := range []byte{0, 0xff, 0x3c} {
				for _, op := range []uint32{bitAnd, bitOr, bitXor} {
					got, known := combine(op, byte(a), byte(k), other, 0xff)
					for full := range 256 {
						if (full^a)&k != 0 {
							continue
						}
						want := map[uint32]byte{bitAnd: byte(full) & other, bitOr: byte(full) | other, bitXor: byte(full) ^ other}[op]
						if (want^got)&known != 0 {
							t.Fatalf("op %d of %02x (known %02x) and %02x: %02x known %02x, but %02x is possible", op, a, k, other, got, known, want)
						}
					}
				}
			}
		}
	}
}

func TestClientPortIsNoPrivilegedOne(t *testing.T) {
	for _, c := range []struct {
		from, to uint16
		want     tri
	}{{0, 1023, no}, {1024, 65535, yes}, {22, 22, no}, {40000, 40000, maybe}, {0, 65535, yes}, {1000, 2000, maybe}} {
		if got := inPorts(clientPort(), c.from, c.to); got != c.want {
			t.Errorf("client port in %d-%d: %d, want %d", c.from, c.to, got, c.want)
		}
	}
}

func TestUnknownInterfaceIsNotTheLoopback(t *testing.T) {
	m := &machine{}
	v := m.ifaceValue(16)
	for _, c := range []struct {
		data string
		want tri
	}{{"lo", no}, {"eth0", maybe}} {
		if got := v.equals(ifname(c.data).b); got != c.want {
			t.Errorf("%s: %d, want %d", c.data, got, c.want)
		}
	}
	if got := v.equals([]byte("l")); got != maybe {
		t.Errorf("l*: %d, want maybe", got)
	}
}
