package checks

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
	"sshaudit/audit/sshwire"
)

var (
	sshAt = netip.MustParseAddrPort("127.0.0.1:22")
	ftpAt = netip.MustParseAddrPort("127.0.0.1:21")
)

// edKey is a host key that differs from others by its last byte.
func edKey(n byte) *authkeys.Key {
	return &authkeys.Key{Type: "ssh-ed25519", Bits: 256, Blob: []byte{n}}
}

// metSSH is what an sshd says that follows its files.
func metSSH(t *testing.T, s *facts.Server) facts.Probe {
	t.Helper()
	offer, missing := decide.Offer(s)
	if offer == nil {
		t.Fatal(missing)
	}
	offer.Kex = append(offer.Kex, "kex-strict-s-v00@openssh.com")
	return facts.Probe{Service: facts.ServiceSSH, To: sshAt, Server: s, SSH: &facts.SSHProbe{
		Greeting: sshwire.Greeting{Banner: &sshwire.Banner{Protocol: "2.0", Software: "OpenSSH_9.2p1"}, Offer: offer},
		HostKeys: []*authkeys.Key{edKey(1)},
	}}
}

// metFTP is an FTP server in order.
func metFTP() facts.Probe {
	return facts.Probe{Service: facts.ServiceFTP, To: ftpAt, FTP: &facts.FTPProbe{Code: 220, Greeting: "ready", AuthCode: 234, TLS: &facts.TLSProbe{
		Version: "TLS 1.3", Subject: "CN=ftp", Names: []audit.Untrusted{"ftp.example.com"},
		NotBefore: factstest.Now.Add(-24 * time.Hour), NotAfter: factstest.Now.Add(60 * 24 * time.Hour),
	}}}
}

func TestWhatWasMetIsFoundAtFault(t *testing.T) {
	silent := func(p *facts.Probe) { p.Failure, p.SSH = facts.ProbeSilent, &facts.SSHProbe{} }
	ended := func(preamble ...audit.Untrusted) func(*facts.Probe) {
		return func(p *facts.Probe) {
			p.Failure, p.SSH = facts.ProbeClosed, &facts.SSHProbe{Greeting: sshwire.Greeting{Preamble: preamble}}
		}
	}
	for _, tc := range []struct {
		name string
		ssh  func(*facts.Probe)
		ftp  func(*facts.Probe)
		want []string
	}{
		{name: "in order"},
		{name: "refused", ssh: func(p *facts.Probe) { p.Failure, p.SSH = facts.ProbeRefused, &facts.SSHProbe{} }},
		{"silent", silent, func(p *facts.Probe) { p.Failure, p.FTP = facts.ProbeSilent, &facts.FTPProbe{} }, []string{"probe-silent", "probe-silent"}},
		{"ended at once", ended(), nil, []string{"probe-turned-away"}},
		{"ended with a word", ended("Exceeded MaxStartups"), nil, []string{"probe-turned-away Exceeded MaxStartups"}},
		{"another protocol", func(p *facts.Probe) {
			ended("HTTP/1.1 400 Bad Request")(p)
			p.SSH.Speaks = "HTTP"
		}, func(p *facts.Probe) { p.FTP = &facts.FTPProbe{Speaks: "SSH"} }, []string{"probe-not-ssh HTTP", "probe-ftp-greeting SSH"}},
		{"garbage", func(p *facts.Probe) {
			p.Failure, p.SSH = facts.ProbeStalled, &facts.SSHProbe{Greeting: sshwire.Greeting{Broken: "it sends line upon line and no identification"}}
		}, nil, []string{"probe-not-ssh line upon line"}},
		{"another host key than the file's", func(p *facts.Probe) { p.SSH.HostKeys[0] = edKey(2) }, nil, []string{"probe-host-key is not the one of the file"}},
		{"a host key of no file", func(p *facts.Probe) {
			p.SSH.HostKeys = append(p.SSH.HostKeys, &authkeys.Key{Type: "ecdsa-sha2-nistp256", Blob: []byte{9}})
		}, nil, []string{"probe-host-key in none of the files"}},
		{"a file that was not read may hold it", func(p *facts.Probe) {
			p.SSH.HostKeys[0] = edKey(2)
			p.Server.HostKeys = append(p.Server.HostKeys, facts.HostKey{SystemFile: facts.SystemFile{Node: factstest.File("/etc/ssh/x", 0o600, 0, 0)}})
		}, nil, nil},
		{"another cipher", func(p *facts.Probe) { p.SSH.Offer.CipherIn = []string{"aes128-ctr"} }, nil, []string{"probe-algorithms Ciphers"}},
		{"weak ones of an unknown server", func(p *facts.Probe) {
			p.Server = nil
			p.SSH.Offer.CipherOut = append(p.SSH.Offer.CipherOut, "3des-cbc")
		}, nil, []string{"probe-weak-algorithms 3des-cbc"}},
		{"FTP that refuses", nil, func(p *facts.Probe) { p.FTP = &facts.FTPProbe{Code: 421, Greeting: "too many\x1b"} }, []string{`probe-ftp-greeting 421 "too many\x1b"`}},
		{"FTP in the clear", nil, func(p *facts.Probe) { p.FTP.AuthCode, p.FTP.TLS = 530, nil }, []string{"probe-ftp-cleartext 530"}},
		{"TLS that fails", nil, func(p *facts.Probe) { p.FTP.TLS = &facts.TLSProbe{Failure: "no cipher"} }, []string{"probe-ftp-tls no cipher"}},
		{"expired", nil, func(p *facts.Probe) { p.FTP.TLS.NotAfter = factstest.Now.Add(-time.Minute) }, []string{"probe-certificate-expired"}},
		{"not yet", nil, func(p *facts.Probe) { p.FTP.TLS.NotBefore = factstest.Now.Add(time.Minute) }, []string{"probe-certificate-expired"}},
		{"soon", nil, func(p *facts.Probe) { p.FTP.TLS.NotAfter = factstest.Now.Add(time.Hour) }, []string{"probe-certificate-expires"}},
		{"another name", nil, func(p *facts.Probe) { p.FTP.TLS.Mismatched = []string{"www.example.com"} }, []string{"probe-certificate-name www.example.com"}},
		{"of its own", nil, func(p *facts.Probe) { p.FTP.TLS.SelfSigned = true }, []string{"probe-certificate-untrusted signed by itself"}},
		{"of an unknown authority", nil, func(p *facts.Probe) { p.FTP.TLS.Distrust = "unknown authority" }, []string{"probe-certificate-untrusted unknown authority"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := speaking(t, "", "ssh-ed25519")
			h.Servers[0].HostKeys[0].Public = edKey(1)
			ssh, ftp := metSSH(t, h.Servers[0]), metFTP()
			if tc.ssh != nil {
				tc.ssh(&ssh)
			}
			if tc.ftp != nil {
				tc.ftp(&ftp)
			}
			h.Probes = []facts.Probe{ssh, ftp}
			var got, want []string
			for _, f := range Host(All(), h) {
				if !strings.HasPrefix(f.Check, "probe-") {
					continue
				}
				got = append(got, f.Check)
				i := slices.IndexFunc(tc.want, func(w string) bool {
					id, text, _ := strings.Cut(w, " ")
					all := f.Message + " " + f.Observed + " " + f.Expected
					return id == f.Check && !slices.ContainsFunc(strings.Fields(text), func(word string) bool { return !strings.Contains(all, word) })
				})
				if i < 0 {
					t.Errorf("not wanted: %+v", f)
				}
			}
			for _, w := range tc.want {
				id, _, _ := strings.Cut(w, " ")
				want = append(want, id)
			}
			slices.Sort(got)
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
