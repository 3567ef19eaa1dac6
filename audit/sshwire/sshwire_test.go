package sshwire

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
)

// packet writes an unencrypted packet (RFC 4253, 6).
func packet(payload []byte) []byte {
	padding := 8 - (5+len(payload))%8 + 8
	b := binary.BigEndian.AppendUint32(nil, uint32(1+len(payload)+padding))
	b = append(b, byte(padding))
	b = append(b, payload...)
	return append(b, make([]byte, padding)...)
}

// kexInit writes the payload of an SSH_MSG_KEXINIT (RFC 4253, 7.1).
func kexInit(lists ...string) []byte {
	b := append([]byte{msgKexInit}, make([]byte, 16)...)
	for len(lists) < 10 {
		lists = append(lists, "")
	}
	for _, list := range lists {
		b = binary.BigEndian.AppendUint32(b, uint32(len(list)))
		b = append(b, list...)
	}
	return append(b, 0, 0, 0, 0, 0)
}

var stock = kexInit("curve25519-sha256,ext-info-s", "ssh-ed25519", "aes128-ctr", "aes256-ctr", "hmac-sha1", "hmac-sha2-256", "none", "none,zlib@openssh.com")

func TestGreetingIsReadHoweverMuchOfItCame(t *testing.T) {
	whole := "welcome\r\nSSH-2.0-OpenSSH_9.2p1 Debian-2\r\n" + string(packet(stock))
	want := Greeting{
		Preamble: []audit.Untrusted{"welcome"},
		Banner:   &Banner{Protocol: "2.0", Software: "OpenSSH_9.2p1", Comment: "Debian-2"},
		Offer: &Offer{
			Kex: []string{"curve25519-sha256", "ext-info-s"}, HostKey: []string{"ssh-ed25519"},
			CipherIn: []string{"aes128-ctr"}, CipherOut: []string{"aes256-ctr"}, MACIn: []string{"hmac-sha1"}, MACOut: []string{"hmac-sha2-256"},
			CompressionIn: []string{"none"}, CompressionOut: []string{"none", "zlib@openssh.com"},
		},
	}
	if diff := cmp.Diff(want, ReadGreeting([]byte(whole))); diff != "" {
		t.Error(diff)
	}
	for n := range len(whole) {
		g := ReadGreeting([]byte(whole[:n]))
		if g.Offer != nil || g.Broken != "" || g.Speaks != "" {
			t.Errorf("after %d bytes: %+v", n, g)
		}
	}
}

func TestWhatIsNoSSHIsNamed(t *testing.T) {
	for _, tc := range []struct{ data, speaks, broken string }{
		{"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP", ""},
		{"220 (vsFTPd 3.0.3)\r\n", "FTP", ""},
		{"220-ProFTPD\r\n220 ready\r\n", "FTP", ""},
		{"220 mail.example.com ESMTP Postfix\r\n", "SMTP", ""},
		{"\x15\x03\x03\x00\x02\x02\x46", "TLS", ""},
		{"\xff\xfd\x18\xff\xfd\x20", "telnet", ""},
		{strings.Repeat("a", 300), "", "a line before its identification is longer than 255 bytes"},
		{strings.Repeat("a\n", 60), "", "it sends line upon line and no identification"},
		{"SSH-2.0-x\r\n" + string(packet([]byte{1, 2, 3})), "", "its first packet is no SSH_MSG_KEXINIT"},
		{"SSH-2.0-x\r\n\xff\xff\xff\xff\x00", "", "its first packet has an impossible length"},
		{"SSH-2.0-x\r\n" + string(packet(stock[:40])), "", "its SSH_MSG_KEXINIT is cut off"},
		{"SSH-2.0-x\r\n" + string(packet(kexInit("a\x1b[2J"))), "", "its SSH_MSG_KEXINIT holds a name that is none"},
		{"SSH-2.0-x\r\n" + string(packet(kexInit(strings.Repeat(",", 2000)))), "", "its SSH_MSG_KEXINIT holds a name that is none"},
		{"Exceeded MaxStartups\r\n", "", ""},
		{"", "", ""},
	} {
		if g := ReadGreeting([]byte(tc.data)); g.Speaks != tc.speaks || g.Broken != tc.broken || g.Offer != nil {
			t.Errorf("%.40q: %+v", tc.data, g)
		}
	}
}

func TestNegotiateTakesTheClientsFirstThatTheServerHas(t *testing.T) {
	server := Both("b,a,kex-strict-s-v00@openssh.com", "ssh-ed25519,rsa-sha2-512", "aes128-gcm@openssh.com,aes128-ctr", "hmac-sha2-256", "none,zlib@openssh.com")
	for _, tc := range []struct {
		name   string
		client *Offer
		want   Kind
		mac    string
	}{
		{"all", Both("a,b", "ssh-rsa,rsa-sha2-512", "aes128-ctr", "hmac-md5,hmac-sha2-256", "none"), "", "hmac-sha2-256"},
		{"no MAC is needed with AEAD", Both("a", "ssh-ed25519", "aes128-gcm@openssh.com,aes128-ctr", "hmac-md5", "none"), "", ""},
		{"the first cipher decides whether one is", Both("a", "ssh-ed25519", "aes128-ctr,aes128-gcm@openssh.com", "hmac-md5", "none"), MAC, ""},
		{"signals are no methods", Both("kex-strict-s-v00@openssh.com", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256", "none"), Kex, ""},
		{"host key", Both("a", "ssh-rsa", "aes128-ctr", "hmac-sha2-256", "none"), HostKey, ""},
		{"cipher", Both("a", "ssh-ed25519", "3des-cbc", "hmac-sha2-256", "none"), Cipher, ""},
		{"compression", Both("a", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256", "zlib"), Compression, ""},
		{"nothing", &Offer{}, Kex, ""},
	} {
		a, m := Negotiate(tc.client, server)
		if got := kindOf(m); got != tc.want || tc.want == "" && a.MACIn != tc.mac {
			t.Errorf("%s: no %q, MAC %q", tc.name, got, a.MACIn)
		}
	}
}

func kindOf(m *Mismatch) Kind {
	if m == nil {
		return ""
	}
	return m.Kind
}

func TestBannerTellsTheProtocol(t *testing.T) {
	for line, want := range map[string]bool{"2.0": true, "1.99": true, "1.5": false, "": false} {
		if b := (Banner{Protocol: audit.Untrusted(line)}); b.Speaks2() != want {
			t.Errorf("%q: speaks 2 is not %v", line, want)
		}
	}
}

func FuzzReadGreeting(f *testing.F) {
	f.Add([]byte("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n" + string(packet(stock))))
	f.Add([]byte("Exceeded MaxStartups\r\n"))
	f.Add([]byte("220 (vsFTPd 3.0.3)\r\nSSH-"))
	f.Add([]byte("SSH-2.0-x\n\x00\x00\x00\x0c\x0a\x14"))
	f.Fuzz(func(t *testing.T, data []byte) {
		g := ReadGreeting(data)
		if g.Offer != nil && g.Banner == nil {
			t.Error("an offer without an identification")
		}
		if len(g.Preamble) > maxPreamble {
			t.Errorf("%d lines kept", len(g.Preamble))
		}
		if g.Offer != nil {
			if again, err := ParseOffer(kexInit(strings.Join(g.Offer.Kex, ","), strings.Join(g.Offer.HostKey, ","))); err != nil || !cmp.Equal(again.Kex, g.Offer.Kex) {
				t.Errorf("written anew it is not the same: %v", err)
			}
			Negotiate(g.Offer, g.Offer)
		}
	})
}
