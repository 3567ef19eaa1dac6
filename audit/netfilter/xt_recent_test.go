package netfilter

import (
	"net/netip"
	"testing"
)

const recentText = "src=198.51.100.7 ttl: 64 last_seen: 4295000200 oldest_pkt: 2 4295000100, 4295000200\n" +
	"src=2001:0db8:0000:0000:0000:0000:0000:0001 ttl: 64 last_seen: 9 oldest_pkt: 1 9\n"

func TestListOfRecentSourcesIsRead(t *testing.T) {
	for _, c := range []struct {
		text, ip string
		n        int
		ok       bool
	}{
		{recentText, "198.51.100.7", 2, true},
		{recentText, "2001:db8::1", 1, true},
		{recentText, "198.51.100.8", 0, true},
		{"", "198.51.100.8", 0, true},
		{"src=198.51.100.7 ttl: 64\n", "198.51.100.7", 0, false},
		{"garbage\n", "198.51.100.7", 0, false},
	} {
		if n, ok := stamps(c.text, netip.MustParseAddr(c.ip)); n != c.n || ok != c.ok {
			t.Errorf("%q of %s: %d, %v, want %d, %v", c.text, c.ip, n, ok, c.n, c.ok)
		}
	}
}

func FuzzRecentList(f *testing.F) {
	f.Add(recentText)
	f.Fuzz(func(t *testing.T, text string) {
		if n, ok := stamps(text, netip.MustParseAddr("198.51.100.7")); n < 0 || !ok && n != 0 {
			t.Errorf("%q: %d, %v", text, n, ok)
		}
	})
}
