package collect

import (
	"net/netip"
	"path"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/keyfiles"
	"sshaudit/audit/sshdconf"
	"sshaudit/audit/sshpattern"
)

// Peer is the client's end of one login, as far as it is known.
type Peer struct {
	// From is the client's address, To the one that it reached; zero if unknown.
	From, To netip.Addr
	// Port is the port that it reached; 0 for that of each server.
	Port int
	// Wanted is the fingerprint of the offered key; empty without one.
	Wanted authkeys.Fingerprint
}

// conn is the connection as Match looks at it. With UseDNS the host name is not known.
func (p *Peer) conn(s *facts.Server, user string) sshdconf.Conn {
	conn := sshdconf.Conn{User: user, LocalPort: s.Port, HaveRDomain: true}
	if p.Port != 0 {
		conn.LocalPort = p.Port
	}
	if p.From.IsValid() {
		conn.Addr = sshpattern.PeerText(p.From)
		if s.Settings != nil && !s.Settings.Bool("usedns") {
			conn.Host = conn.Addr
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
		if settings, err := s.Config.Effective(conn); err == nil {
			via[i].Settings, via[i].Policy = settings, c.policy(settings)
		}
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
	s := &facts.Session{Programs: make(map[string]facts.SystemFile)}
	via.Session = s
	inside := ""
	if dir, ok := via.Settings.Text("chrootdirectory"); ok {
		s.Chroot = r.chroot(self, dir)
		inside = strings.TrimSuffix(string(s.Chroot.Path), "/")
	}
	look := func(name string) facts.SystemFile { return r.c.systemFile(self, inside+name) }
	s.NoLogin = look("/etc/nologin")
	for _, p := range r.programs(via) {
		s.Programs[p] = look(p)
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
		s.Startup = r.startup(self)
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

// chroot looks at each directory of ChrootDirectory as session.c safely_chroot
// does: by stat(2) of ever longer parts of the path.
func (r *accountReader) chroot(v *hostfs.View, dir string) *facts.Chroot {
	if rest, ok := strings.CutPrefix(dir, "~"); ok && (rest == "" || rest[0] == '/') {
		dir = r.a.Account.Home + rest
	}
	expanded, unknown := sshdconf.KeysPath(dir, "", r.a.Name, r.a.UID)
	if strings.Contains(dir, "%h") {
		expanded, unknown = sshdconf.KeysPath(dir, r.a.Account.Home, r.a.Name, r.a.UID)
	}
	if !strings.HasPrefix(dir, "/") && !strings.HasPrefix(dir, "%") {
		expanded = dir
	}
	c := &facts.Chroot{Path: audit.Untrusted(expanded), BadToken: unknown}
	if unknown != 0 || !strings.HasPrefix(expanded, "/") || len(expanded) >= pathMax {
		return c
	}
	c.Elements = append(c.Elements, r.c.systemFile(v, "/"))
	for at := 1; at < len(expanded); {
		next := strings.IndexByte(expanded[at:], '/')
		end := len(expanded)
		if next >= 0 {
			end = at + next
		}
		if end > at {
			f := r.c.systemFile(v, expanded[:end])
			c.Elements = append(c.Elements, f)
			if f.Problem != nil || f.Type != facts.Directory {
				break
			}
		}
		at = end + 1
	}
	return c
}

// maxPrograms bounds the programs that are looked at for one login.
const maxPrograms = 64

// programs lists the absolute paths of programs that a session could run: the
// shell, the subsystem's, and those of forced commands.
func (r *accountReader) programs(via *facts.Via) []string {
	var list []string
	add := func(command string) {
		fields := strings.Fields(command)
		if len(fields) > 0 && strings.HasPrefix(fields[0], "/") && !slices.Contains(list, fields[0]) && len(list) < maxPrograms {
			list = append(list, fields[0])
		}
	}
	add(shellOf(r.a))
	for _, l := range via.Settings.Values("subsystem") {
		_, command, _ := strings.Cut(l.Value, " ")
		add(command)
	}
	if command, ok := via.Settings.Text("forcecommand"); ok {
		add(command)
	}
	for _, f := range via.KeyFiles {
		if f.Keys == nil {
			continue
		}
		for i := range f.Keys.Lines {
			if o := f.Keys.Lines[i].Options; o != nil && o.Command != nil {
				add(string(*o.Command))
			}
		}
	}
	return list
}

// shellOf is the login shell; an empty field means /bin/sh (session.c, getpwnam(3)).
func shellOf(a *facts.Account) string {
	if a.Shell == "" {
		return "/bin/sh"
	}
	return a.Shell
}

// startup reads what a login shell reads even for a command: bash as Debian and
// Fedora build it (SSH_SOURCE_BASHRC), zsh, and the C shells.
func (r *accountReader) startup(self *hostfs.View) []facts.Text {
	var system, own []string
	switch path.Base(shellOf(r.a)) {
	case "bash", "rbash":
		system, own = []string{"/etc/bash.bashrc"}, []string{".bashrc"}
	case "zsh":
		system, own = []string{"/etc/zsh/zshenv", "/etc/zshenv"}, []string{".zshenv"}
	case "csh", "tcsh":
		system, own = []string{"/etc/csh.cshrc"}, []string{".tcshrc", ".cshrc"}
	case "fish":
		system, own = []string{"/etc/fish/config.fish"}, []string{".config/fish/config.fish"}
	}
	var list []facts.Text
	for _, name := range system {
		if t := r.c.textFile(self, name); t.Problem == nil || t.Problem.Failure != facts.Missing {
			list = append(list, t)
		}
	}
	for _, name := range own {
		if !r.usable() {
			break
		}
		data, _, err := r.v.ReadFile(r.below(name), smallFile, nil)
		t := facts.Text{Path: audit.Untrusted(r.below(name)), Content: string(data)}
		if err != nil {
			if t.Problem = problem(r.below(name), err, r.exact); t.Problem.Failure != facts.Uncertain {
				continue // what the account cannot read its shell cannot either
			}
		}
		list = append(list, t)
	}
	return list
}

// principals reads the account's principals file.
func (r *accountReader) principals(via *facts.Via) {
	entry, ok := via.Settings.Text("authorizedprincipalsfile")
	if !ok {
		return
	}
	p := &facts.Principals{}
	via.Principals = p
	name, unknown := sshdconf.KeysPath(entry, r.a.Account.Home, r.a.Name, r.a.UID)
	p.KeyFile = facts.KeyFile{Setting: entry, Path: audit.Untrusted(name), BadToken: unknown, Release: via.Server.Version}
	if unknown != 0 {
		return
	}
	walked, err := r.v.Walk(name)
	if err != nil {
		p.Problem = problem(name, err, r.exact)
		return
	}
	defer walked.Close()
	p.Node = withACL(node(walked.Path, &walked.Info), &walked.Pin)
	for i := range walked.Chain {
		p.Dirs = append(p.Dirs, node(walked.Chain[i].Path, &walked.Chain[i].Info))
	}
	if p.Type != facts.Regular {
		return
	}
	data, err := walked.ReadAll(smallFile, nil)
	if err != nil {
		if hostfs.Errno(err) != 0 && r.exact {
			p.Problem = problem(name, err, r.exact)
		} else {
			p.Unread = err.Error()
		}
		return
	}
	p.List = authkeys.ParsePrincipals(data, r.rules(via.Server, via.Policy))
}

func (r *accountReader) rules(s *facts.Server, policy *facts.Policy) authkeys.Rules {
	return authkeys.Rules{Version: s.Version, Now: r.c.host.Now, Zone: r.c.host.Zone, UseDNS: policy.UseDNS}
}

// maxNeighbours bounds the other accounts in whose key files a wanted key is
// looked for.
const maxNeighbours = 200

// elsewhere looks for the wanted key where sshd does not: in other files of
// .ssh and of the home, and in the key files of other accounts.
func (r *accountReader) elsewhere(via *facts.Via) {
	read := make(map[audit.Untrusted]bool)
	for _, f := range via.KeyFiles {
		read[f.Path], read[f.Node.Path] = true, true
	}
	for i := range r.a.SSHDir.Entries {
		e := &r.a.SSHDir.Entries[i]
		if e.Type == facts.Regular && !read[e.Path] && keyfiles.KindOf(string(e.Name)) != keyfiles.KnownHosts {
			r.search(r.v, via, r.a.Name, string(e.Path))
		}
	}
	if r.usable() {
		for _, name := range []string{"authorized_keys", "authorized_keys2", "id_ed25519.pub", "id_rsa.pub", "ssh/authorized_keys"} {
			if p := r.below(name); !read[audit.Untrusted(p)] {
				r.search(r.v, via, r.a.Name, p)
			}
		}
	}
}

// search notes the wanted key if a file holds it.
func (r *accountReader) search(v *hostfs.View, via *facts.Via, user, name string) {
	data, _, err := v.ReadFile(name, smallFile, nil)
	if err != nil {
		return
	}
	f := authkeys.Parse(data, r.rules(via.Server, via.Policy))
	for i := range f.Lines {
		if key := f.Lines[i].Key; key != nil && key.Fingerprint() == r.peer.Wanted {
			via.Elsewhere = append(via.Elsewhere, facts.Elsewhere{
				User: audit.Untrusted(user), Path: audit.Untrusted(name), Line: f.Lines[i].Number,
			})
			return
		}
	}
}

// Neighbours looks for a wanted key in the key files of up to 200 other
// accounts: people first, in the order of passwd.
func (w *Worker) Neighbours(account int, wanted authkeys.Fingerprint) []facts.Elsewhere {
	var found []facts.Elsewhere
	c, db, looked := w.c, w.c.host.Accounts, 0
	for i := range db.Len() {
		a := db.At(i)
		if i == account || a.UID != 0 && a.UID < c.host.UIDMin {
			continue
		}
		if looked++; looked > maxNeighbours {
			break
		}
		other := w.account(i, nil)
		for _, f := range keyFiles(other) {
			if f.Keys == nil {
				continue
			}
			for k := range f.Keys.Lines {
				if key := f.Keys.Lines[k].Key; key != nil && key.Fingerprint() == wanted {
					found = append(found, facts.Elsewhere{User: audit.Untrusted(a.Name), Path: f.Path, Line: f.Keys.Lines[k].Number})
					break
				}
			}
		}
	}
	return found
}
