package collect

import (
	"errors"
	"net/netip"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/sshdconf"
	"sshaudit/audit/sshpattern"
)

// Peer is the client's end of one login, as far as it is known.
type Peer struct {
	// From is the client's address, To the one that it reached; zero if unknown.
	From, To netip.Addr
	// Host is its host name as the resolver confirms it; empty if unknown.
	Host string
	// Port is the port that it reached; 0 for that of each server.
	Port int
	// Wanted is the fingerprint of the offered key; empty without one.
	Wanted authkeys.Fingerprint
}

// conn is the connection as Match looks at it: with UseDNS by the host name.
func (p *Peer) conn(s *facts.Server, user string) sshdconf.Conn {
	conn := sshdconf.Conn{User: user, LocalPort: s.Port, HaveRDomain: true}
	if p.Port != 0 {
		conn.LocalPort = p.Port
	}
	if p.From.IsValid() {
		conn.Addr = sshpattern.PeerText(p.From)
		if s.Settings != nil && !s.Settings.Bool("usedns") {
			conn.Host = conn.Addr
		} else {
			conn.Host = strings.ToLower(p.Host)
		}
	}
	if p.To.IsValid() {
		conn.LocalAddr = sshpattern.PeerText(p.To)
	}
	return conn
}

// Login collects the account with index i for one login: as [Worker.Account],
// with the settings for this client, and with what comes after the login.
func (w *Worker) Login(i int, peer Peer) *facts.Account { return w.account(i, &peer) }

// Stranger returns how each sshd sees a name that no account has.
func (c *Collector) Stranger(name string, peer Peer) []facts.Via {
	via := make([]facts.Via, len(c.host.Servers))
	for i, s := range c.host.Servers {
		via[i].Server = s
		if s.Config == nil {
			continue
		}
		conn := peer.conn(s, name)
		conn.InvalidUser = true
		settings, err := s.Config.Effective(conn)
		if err != nil {
			errors.As(err, &via[i].Dies)
			continue
		}
		via[i].Settings, via[i].Policy = settings, c.policy(settings)
	}
	return via
}

// after collects what comes after the login by one sshd.
func (r *accountReader) after(via *facts.Via) {
	if via.Settings == nil {
		return
	}
	r.principals(via)
	self := r.c.root.Self()
	s := &facts.Session{Programs: make(map[string]facts.SystemFile), Heads: make(map[string]facts.Head)}
	via.Session = s
	inside := ""
	if dir, ok := via.Settings.Text("chrootdirectory"); ok {
		s.Chroot = r.chroot(self, dir, via.Server.Version)
		inside = strings.TrimSuffix(string(s.Chroot.Path), "/")
	}
	look := func(name string) facts.SystemFile { return r.c.systemFile(self, inside+name) }
	s.NoLogin = look("/etc/nologin")
	for _, p := range r.programs(via) {
		r.program(s, p, inside, look)
	}
	if via.Settings.Bool("usepam") {
		s.PAM = r.c.pamStack(via.Settings)
	}
	s.RC = r.c.textFile(self, inside+"/etc/ssh/sshrc")
	if r.usable() {
		_, err := r.v.Stat(r.below(".ssh/rc"))
		s.UserRC = err == nil
	}
	if inside == "" {
		s.Startup = r.startup(self, s.Heads[shellOf(r.a)].Target)
	}
	if r.peer.Wanted != "" {
		r.elsewhere(via)
	}
}

// textFile reads a small text file; a missing one has a Problem.
func (c *Collector) textFile(v *hostfs.View, name string) facts.Text {
	data, _, err := v.ReadFile(name, smallFile, nil)
	if err != nil {
		return facts.Text{Path: audit.Untrusted(name), Problem: problem(name, err, c.host.Privileged)}
	}
	return facts.Text{Path: audit.Untrusted(name), Content: string(data)}
}
