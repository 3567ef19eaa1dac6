package sockdiag

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// message makes an answer as the kernel does: the fixed part, then attributes.
func message(family uint8, port uint16, ip netip.Addr, attrs ...[]byte) []byte {
	b := make([]byte, messageSize)
	b[0], b[offState] = family, stateListen
	binary.BigEndian.PutUint16(b[offPort:], port)
	copy(b[offAddress:], ip.AsSlice())
	binary.NativeEndian.PutUint32(b[offWaiting:], 3)
	binary.NativeEndian.PutUint32(b[offBacklog:], 128)
	binary.NativeEndian.PutUint32(b[offUID:], 7)
	binary.NativeEndian.PutUint32(b[offInode:], 4711)
	for _, a := range attrs {
		b = append(b, a...)
	}
	return b
}

func attribute(typ uint16, value ...byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(4+len(value)))
	b = append(binary.NativeEndian.AppendUint16(b, typ), value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

var byAddrPort = cmpopts.EquateComparable(netip.AddrPort{})

func TestMessageOfTheKernelIsRead(t *testing.T) {
	any6, one4 := netip.IPv6Unspecified(), netip.MustParseAddr("192.0.2.1")
	cgroup := binary.NativeEndian.AppendUint64(nil, 99)
	for name, tc := range map[string]struct {
		in   []byte
		want Socket
	}{
		"IPv4": {message(IPv4, 22, one4, attribute(attrCgroup, cgroup...)),
			Socket{Local: netip.AddrPortFrom(one4, 22), Cgroup: 99}},
		"IPv6 for IPv6 alone": {message(IPv6, 22, any6, attribute(attrV6Only, 1), attribute(200, 1, 2, 3)),
			Socket{Local: netip.AddrPortFrom(any6, 22), V6Only: true}},
		"IPv6 for both": {message(IPv6, 22, any6, attribute(attrV6Only, 0)), Socket{Local: netip.AddrPortFrom(any6, 22)}},
		"old kernel":    {message(IPv6, 22, any6), Socket{Local: netip.AddrPortFrom(any6, 22), V6OnlyUnknown: true}},
	} {
		tc.want.UID, tc.want.Inode, tc.want.Waiting, tc.want.Backlog = 7, 4711, 3, 128
		got, err := Parse(tc.in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tc.want, got, byAddrPort); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestBrokenMessageIsAnError(t *testing.T) {
	good := message(IPv4, 22, netip.IPv4Unspecified())
	other := message(IPv4, 22, netip.IPv4Unspecified())
	other[offState] = 1
	for name, b := range map[string][]byte{
		"short": good[:messageSize-1], "another state": other, "another family": message(3, 22, netip.IPv4Unspecified()),
		"attribute beyond the end": message(IPv6, 22, netip.IPv6Unspecified(), []byte{9, 0, 11, 0}),
		"attribute without head":   message(IPv6, 22, netip.IPv6Unspecified(), []byte{2, 0, 11, 0}),
	} {
		if s, err := Parse(b); err == nil {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestServesTheFamiliesThatTheKernelLetsIn(t *testing.T) {
	v4, v6, mapped := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("::ffff:192.0.2.1")
	for name, tc := range map[string]struct {
		socket        Socket
		v4, known, v6 bool
	}{
		"0.0.0.0":           {Socket{Local: netip.AddrPortFrom(netip.IPv4Unspecified(), 1)}, true, true, false},
		"one IPv4":          {Socket{Local: netip.AddrPortFrom(v4, 1)}, true, true, false},
		"one IPv6":          {Socket{Local: netip.AddrPortFrom(v6, 1), V6OnlyUnknown: true}, false, true, true},
		"mapped":            {Socket{Local: netip.AddrPortFrom(mapped, 1)}, true, true, false},
		"[::] for both":     {Socket{Local: netip.AddrPortFrom(netip.IPv6Unspecified(), 1)}, true, true, true},
		"[::] alone":        {Socket{Local: netip.AddrPortFrom(netip.IPv6Unspecified(), 1), V6Only: true}, false, true, true},
		"[::] nobody knows": {Socket{Local: netip.AddrPortFrom(netip.IPv6Unspecified(), 1), V6OnlyUnknown: true}, true, false, true},
	} {
		takes4, known := tc.socket.Serves(false)
		takes6, _ := tc.socket.Serves(true)
		if known != tc.known || known && takes4 != tc.v4 || takes6 != tc.v6 {
			t.Errorf("%s: IPv4 %v (known %v), IPv6 %v", name, takes4, known, takes6)
		}
	}
}

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   112        0 21345 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0016 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 21346 1 0000000000000000 20 4 30 10 -1
   2: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 0
   3: garbage:0016 00000000:0000 0A 0 0 0 0 0 1 1
`

func TestTextTableIsRead(t *testing.T) {
	want := []Socket{
		{Local: netip.MustParseAddrPort("127.0.0.1:3306"), UID: 112, Inode: 21345},
		{Local: netip.MustParseAddrPort("[::1]:22"), Inode: 77, V6OnlyUnknown: true},
	}
	if diff := cmp.Diff(want, Table(table), byAddrPort); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(message(IPv4, 22, netip.IPv4Unspecified()))
	f.Add(message(IPv6, 22, netip.IPv6Unspecified(), attribute(attrV6Only, 1), attribute(attrCgroup, 1, 2, 3, 4, 5, 6, 7, 8)))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err == nil && !s.Local.IsValid() {
			t.Errorf("%x: no address and no error", b)
		}
	})
}

func FuzzTable(f *testing.F) {
	f.Add(table)
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range Table(text) {
			if !s.Local.IsValid() {
				t.Errorf("%q: %+v", text, s)
			}
		}
	})
}
