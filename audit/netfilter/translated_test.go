package netfilter

import (
	"net/netip"
	"testing"
)

func TestTranslatedConnectionIsToldAsSuch(t *testing.T) {
	const text = "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n" +
		"-A PREROUTING -p tcp -m tcp --dport 2222 -j REDIRECT --to-ports 22\nCOMMIT\n"
	rules, err := ParseSave("the file", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for port, want := range map[uint16]bool{2222: true, 22: false} {
		q := Question{From: netip.MustParseAddr("203.0.113.5"), To: netip.MustParseAddr("192.0.2.1"), Port: port, Proto: TCP, Interface: "eth0"}
		a, err := rules.Evaluate(q, nil)
		if err != nil || a.Translated != want {
			t.Errorf("port %d: translated %v, %v", port, a.Translated, err)
		}
	}
}
