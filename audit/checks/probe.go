package checks

import (
	"fmt"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
	"sshaudit/audit/sshwire"
)

// probeCheck builds a check of what the listeners of some services said.
func probeCheck(doc audit.Doc, judge func(*Check, *facts.Host, *facts.Probe) []audit.Finding) *Check {
	return &Check{Doc: doc, Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for i := range h.Probes {
			found = append(found, judge(c, h, &h.Probes[i])...)
		}
		return found
	}}
}

// met starts a finding about what was met at an address.
func (c *Check) met(p *facts.Probe, format string, args ...any) audit.Finding {
	return c.finding("", "%s: %s", p.To, fmt.Sprintf(format, args...))
}

// said is what a listener sent before it should have named itself, for a person.
func said(p *facts.Probe) string {
	switch {
	case p.SSH != nil && len(p.SSH.Preamble) > 0:
		return p.SSH.Preamble[0].String()
	case p.FTP != nil && p.FTP.Greeting != "":
		return p.FTP.Greeting.String()
	}
	return "nothing"
}

var probeNotSSH = probeCheck(audit.Doc{
	ID: "probe-not-ssh", Title: "Something else than SSH answers on sshd's port",
	Why: "Whoever connects to the port meets another program, or one that breaks the protocol, so no client gets as far as a login: " +
		"another daemon took the port, or a forwarding leads elsewhere.",
	Repair:   "ss -ltnp shows who has the port; correct Port, ListenAddress or the forwarding, then restart sshd.",
	Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerService,
}, func(c *Check, _ *facts.Host, p *facts.Probe) []audit.Finding {
	if p.SSH == nil || p.SSH.Offer != nil || p.Failure == facts.ProbeSilent || p.Failure == facts.ProbeRefused || turnedAway(p) {
		return nil
	}
	what := "what answers does not speak SSH"
	switch {
	case p.SSH.Speaks != "":
		what = "what answers speaks " + p.SSH.Speaks
	case p.SSH.Broken != "":
		what = "what answers breaks the protocol: " + p.SSH.Broken
	case p.SSH.Banner != nil && !p.SSH.Banner.Speaks2():
		what = "what answers speaks SSH " + p.SSH.Banner.Protocol.String() + " only"
	case p.SSH.Banner != nil:
		what = "it names itself " + p.SSH.Banner.Software.String() + " and then does not go on"
	}
	f := c.met(p, "%s", what)
	f.Observed, f.Expected = said(p), "SSH-2.0-…"
	f.Fix = fmt.Sprintf("ss -ltnp 'sport = :%d' shows who has the port", p.To.Port())
	return []audit.Finding{f}
})

var probeSilent = probeCheck(audit.Doc{
	ID: "probe-silent", Title: "Listener that takes connections and says nothing",
	Why: "The kernel accepts connections for the program, and the program does not answer: it is stopped, hangs on a disk, or waits for " +
		"something. Clients wait until they give up.",
	Repair:   "Look at the process (ps -o stat,wchan -p PID) and the log, then restart the service.",
	Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerService,
}, func(c *Check, _ *facts.Host, p *facts.Probe) []audit.Finding {
	if p.Failure != facts.ProbeSilent {
		return nil
	}
	f := c.met(p, "the connection is taken, and nothing is said within %d seconds", probeSeconds)
	f.Fix = "look at the process and at its log, then restart the service"
	return []audit.Finding{f}
})

// probeSeconds is how long a probe listens.
const probeSeconds = 4

// turnedAway tells that a listener ended the conversation before it named itself.
func turnedAway(p *facts.Probe) bool {
	return p.Failure == facts.ProbeClosed && p.SSH != nil && p.SSH.Banner == nil && p.SSH.Speaks == "" && p.SSH.Broken == ""
}

var probeTurnedAway = probeCheck(audit.Doc{
	ID: "probe-turned-away", Title: "sshd turns new connections away",
	Why: "The connection was ended before sshd named itself. \"Exceeded MaxStartups\" and \"Not allowed at this time\" mean that too many " +
		"clients are logging in (MaxStartups), or that the address is punished for earlier connections (PerSourcePenalties, from 9.8 on); " +
		"without a word it may be TCP wrappers, a missing /run/sshd, or a process that cannot be started.",
	Repair:   "Look at sshd's log for \"drop connection\", \"refused connect\" or \"fatal\"; ss -tn shows who connects.",
	Severity: audit.Warning, Effect: audit.Blocks, Layer: audit.LayerService,
}, func(c *Check, _ *facts.Host, p *facts.Probe) []audit.Finding {
	if !turnedAway(p) {
		return nil
	}
	f := c.met(p, "the connection is ended at once")
	f.Observed, f.Fix = said(p), "look at sshd's log for \"drop connection\", \"refused connect\" or \"fatal\""
	return []audit.Finding{f}
})

var probeHostKey = probeCheck(audit.Doc{
	ID: "probe-host-key", Title: "sshd shows other host keys than its files hold",
	Why: "sshd keeps the keys that it loaded when it started. Where the files were replaced since, clients will find another key after " +
		"the next restart and refuse to connect (\"REMOTE HOST IDENTIFICATION HAS CHANGED\"); where nobody replaced them, another program " +
		"answers in sshd's place.",
	Repair:   "If the new files are right, restart sshd and publish the fingerprints; if not, put the old keys back.",
	Severity: audit.Warning, Effect: audit.Hardening, Layer: audit.LayerTransport,
}, func(c *Check, _ *facts.Host, p *facts.Probe) []audit.Finding {
	if p.SSH == nil || p.Server == nil || p.SSH.Offer == nil {
		return nil
	}
	var found []audit.Finding
	for _, shown := range p.SSH.HostKeys {
		// Whether it is known depends on every file: one that was not read may hold it.
		var same *facts.HostKey
		known := true
		for i := range p.Server.HostKeys {
			k := &p.Server.HostKeys[i]
			switch {
			case k.Problem != nil && k.Problem.Failure == facts.Missing:
			case k.Public == nil:
				known = false
			case k.Public.Type == shown.Type && same == nil:
				same = k
			}
			if k.Public != nil && k.Public.Equal(shown) {
				same, known = nil, false
				break
			}
		}
		if !known {
			continue
		}
		f := c.met(p, "the %s host key that is shown is in none of the files", shown.Type)
		f.Observed, f.Fix = string(shown.Fingerprint()), "restart sshd if the files are right, and publish the fingerprints"
		if same != nil {
			f.Path, f.Expected = same.Path, string(same.Public.Fingerprint())
			f.Message = fmt.Sprintf("%s: the %s host key that is shown is not the one of the file", p.To, shown.Type)
		}
		found = append(found, f)
	}
	return found
})

var probeAlgorithms = probeCheck(audit.Doc{
	ID: "probe-algorithms", Title: "sshd offers other algorithms than its configuration says",
	Why: "What the running sshd offers is not what follows from its files: it was not reloaded since they were changed, or another " +
		"program answers. What is reported here of algorithms follows the files.",
	Repair:   "sshd -t && systemctl reload ssh (sshd on other systems than Debian).",
	Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerTransport,
}, func(c *Check, _ *facts.Host, p *facts.Probe) []audit.Finding {
	if p.SSH == nil || p.Server == nil || p.SSH.Offer == nil {
		return nil
	}
	want, _ := decide.Offer(p.Server)
	if want == nil {
		return nil
	}
	var found []audit.Finding
	got := p.SSH.Offer
	for _, l := range []struct {
		kind      sshwire.Kind
		got, want []string
	}{
		{sshwire.Kex, plain(got.Kex), plain(want.Kex)}, {sshwire.HostKey, plain(got.HostKey), want.HostKey},
		{sshwire.Cipher, got.CipherIn, want.CipherIn}, {sshwire.MAC, got.MACIn, want.MACIn},
	} {
		if sameSet(l.got, l.want) {
			continue
		}
		f := c.met(p, "its list of %ss is not that of %s", l.kind, decide.MismatchKeyword(l.kind))
		f.Observed, f.Expected = audit.Untrusted(strings.Join(l.got, ",")).String(), audit.Untrusted(strings.Join(l.want, ",")).String()
		f.Fix = "sshd -t && systemctl reload ssh"
		found = append(found, f)
	}
	return found
})

// plain leaves certificates out, which come beside their plain keys, and what
// GSSAPI brings along, which has settings of its own (RFC 4462).
func plain(list []string) []string {
	return slices.DeleteFunc(sshwire.Methods(list), func(name string) bool {
		return strings.Contains(name, "-cert-v0") || strings.HasPrefix(name, "gss-") || name == "null"
	})
}

func sameSet(a, b []string) bool {
	return !slices.ContainsFunc(a, func(x string) bool { return !slices.Contains(b, x) }) &&
		!slices.ContainsFunc(b, func(x string) bool { return !slices.Contains(a, x) })
}

var probeWeak = probeCheck(audit.Doc{
	ID: "probe-weak-algorithms", Title: "Weak algorithms are offered on the wire",
	Why: "An SSH server whose settings are not known here, or that does not follow them, offers key exchanges with SHA-1, ssh-dss, CBC or " +
		"RC4 ciphers, or MACs with MD5 or cut-off SHA-1.",
	Repair:   "Take the names shown out of the server's lists of algorithms.",
	Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerTransport,
	References: []string{"CIS Ubuntu 24.04 5.1.6, 5.1.12, 5.1.15", "dev-sec sshd-01, sshd-02, sshd-03"},
}, func(c *Check, _ *facts.Host, p *facts.Probe) []audit.Finding {
	if p.SSH == nil || p.SSH.Offer == nil {
		return nil
	}
	expected := &sshwire.Offer{}
	if p.Server != nil {
		if offer, _ := decide.Offer(p.Server); offer != nil {
			expected = offer
		}
	}
	o := p.SSH.Offer
	var weak []string
	for _, l := range []struct{ got, want []string }{
		{plain(o.Kex), expected.Kex}, {plain(o.HostKey), expected.HostKey}, {o.CipherIn, expected.CipherIn}, {o.CipherOut, expected.CipherOut},
		{o.MACIn, expected.MACIn}, {o.MACOut, expected.MACOut},
	} {
		for _, name := range l.got {
			// hmac-sha1 as a whole is in every default list and not broken; ssh-rsa up to 8.7.
			if weakName(name) && !slices.Contains(l.want, name) && !slices.Contains(weak, name) {
				weak = append(weak, name)
			}
		}
	}
	if len(weak) == 0 {
		return nil
	}
	f := c.met(p, "weak algorithms are offered")
	f.Observed, f.Fix = audit.Untrusted(strings.Join(weak, ",")).String(), c.Repair
	return []audit.Finding{f}
})

// weakName tells that nobody should need an algorithm any more.
func weakName(name string) bool {
	if name == "hmac-sha1" || name == "hmac-sha1-etm@openssh.com" {
		return false
	}
	for _, part := range []string{"-sha1", "md5", "-cbc", "arcfour", "ssh-dss", "ssh-rsa", "rijndael"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
