package collect

import (
	"errors"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/ftpdconf"
	"sshaudit/audit/hostfs"
)

// FTPLogin collects what decides about one login to an FTP server of the host.
func (w *Worker) FTPLogin(s *facts.FTPServer, user string) *facts.FTPLogin {
	c := w.c
	r := &ftpReader{c: c, w: w, v: c.root.Self(), l: &facts.FTPLogin{
		Server: s, User: c.ftpAccount(user), Vsftpd: s.Vsftpd, Virtual: make(map[string]*ftpdconf.VirtualUser),
		Texts: make(map[string]facts.Text), Files: make(map[string]facts.SystemFile),
	}}
	r.l.Account = r.l.User
	r.list("/etc/ftpusers")
	r.list("/etc/shells")
	r.l.Files["/etc/shells"] = c.systemFile(r.v, "/etc/shells")
	switch {
	case s.Vsftpd != nil:
		r.vsftpd(user)
	case s.Proftpd != nil:
		r.proftpd(user)
	case s.Pure != nil:
		r.pure(user)
	}
	if s.PAMService != "" {
		r.l.PAM = c.pamService(s.PAMService)
	}
	return r.l
}

// ftpAccount is an account without what only sshd minds; nil if there is none.
func (c *Collector) ftpAccount(name string) *facts.Account {
	db := c.host.Accounts
	i, ok := db.Index(name)
	if !ok {
		return nil
	}
	a := &facts.Account{Account: *db.At(i), GIDs: db.Groups(db.At(i))}
	a.Shadow, a.ShadowKnown = db.Shadow(&a.Account)
	return a
}

// ftpReader collects one login.
type ftpReader struct {
	c *Collector
	w *Worker
	v *hostfs.View
	l *facts.FTPLogin
}

func (r *ftpReader) list(path string) {
	r.l.Texts[path] = r.c.textFile(r.v, path)
}

func (r *ftpReader) look(path string) {
	if strings.HasPrefix(path, "/") {
		r.l.Files[path] = r.c.systemFile(r.v, path)
	}
}

func (r *ftpReader) vsftpd(user string) {
	conf := r.l.Server.Vsftpd
	anonymous := ftpdconf.IsAnonymous(user) && conf.Bool("anonymous_enable")
	name := user
	if anonymous {
		name, _ = conf.Text("ftp_username")
	}
	own, err := conf.For(r.c.ftpSource(r.v), name)
	switch {
	case err == nil:
		r.l.Vsftpd = own
	case errors.As(err, &r.l.UserRefused):
		own = conf
	default:
		r.l.UserUnread, own = err.Error(), conf
	}
	for _, name := range []string{"userlist_file", "chroot_list_file"} {
		if path, ok := conf.Text(name); ok {
			r.list(path)
		}
	}
	for _, name := range []string{"secure_chroot_dir", "banner_file", "banned_email_file", "email_password_file"} {
		if path, ok := conf.Text(name); ok {
			r.look(path)
		}
	}
	for _, name := range []string{"xferlog_file", "vsftpd_log_file"} {
		if path, ok := conf.Text(name); ok {
			r.look(path)
			r.look(path[:max(strings.LastIndexByte(path, '/'), 0)])
		}
	}
	stands, rights := "", !anonymous
	switch {
	case anonymous:
		stands, _ = conf.Text("ftp_username")
	case own.Bool("guest_enable"):
		stands, _ = own.Text("guest_username")
		rights = own.Bool("virtual_use_local_privs")
	}
	if stands != "" || !rights {
		r.l.Account = r.c.ftpAccount(stands)
	}
	if r.l.Account == nil {
		return
	}
	first, then := own.Dirs(r.l.Account.Account.Home, user)
	if anonymous {
		first = r.l.Account.Account.Home
		then, _ = own.Text("anon_root")
	}
	r.dir(first, "", rights)
	if then != "" && then != first {
		r.dir(then, first, rights)
	}
}

func (r *ftpReader) proftpd(user string) {
	for _, server := range r.l.Server.Proftpd.Servers {
		for _, d := range server.All("authuserfile") {
			text := r.c.textFile(r.v, d.Args[0])
			if text.Problem == nil {
				r.l.Virtual[d.Args[0]] = ftpdconf.FindUserFile(text.Content, user)
			}
			text.Content = "" // it holds hashes, and has been read
			r.l.Texts[d.Args[0]] = text
		}
		if r.l.User != nil {
			for _, d := range server.All("defaultroot") {
				if dir := ftpdconf.ProRoot(d.Args[0], r.l.User.Account.Home, user); strings.HasPrefix(dir, "/") {
					r.dir(dir, "", true)
				}
			}
		}
	}
	if ftp := r.c.ftpAccount("ftp"); ftp != nil {
		r.anonymous(ftp)
	}
	r.home()
}

// anonymous looks at the directories of <Anonymous> sections as the account ftp.
func (r *ftpReader) anonymous(ftp *facts.Account) {
	for _, server := range r.l.Server.Proftpd.Servers {
		for _, s := range server.Sections("anonymous") {
			if dir := ftpdconf.ProAnonymous(s.Args[0], ftp.Account.Home); strings.HasPrefix(dir, "/") {
				r.dirAs(dir, hostfs.Identity{UID: ftp.UID, GID: ftp.GID, Groups: ftp.GIDs})
			}
		}
	}
}

func (r *ftpReader) pure(user string) {
	for _, a := range r.l.Server.Pure.Auth {
		if a.Method != "puredb" {
			continue
		}
		text := facts.Text{Path: audit.Untrusted(a.File)}
		data, _, err := r.v.ReadFile(a.File, dpkgSize, nil)
		if err != nil {
			text.Problem = problem(a.File, err, r.c.host.Privileged)
		} else if r.l.Virtual[a.File], err = ftpdconf.FindPureDB(a.File, data, user); err != nil {
			text.Problem = &facts.Problem{Failure: facts.Uncertain, At: text.Path, Why: err.Error()}
		}
		r.l.Texts[a.File] = text
		source := strings.TrimSuffix(a.File, ".pdb") + ".passwd"
		if plain := r.c.textFile(r.v, source); plain.Problem == nil && ftpdconf.FindUserFile(plain.Content, user) != nil {
			r.l.Files[source] = r.c.systemFile(r.v, source)
		}
	}
	if ftp := r.c.ftpAccount("ftp"); ftp != nil && (ftpdconf.IsAnonymous(user) || r.l.Server.Pure.Has('e')) {
		r.l.Account = ftp
		r.dir(ftp.Account.Home, "", false)
	}
	r.l.Account = r.l.User
	r.home()
}

// home looks at the homes that the user could be put into: the account's own and
// those of virtual users of the name.
func (r *ftpReader) home() {
	if r.l.User != nil {
		r.dir(r.l.User.Account.Home, "", true)
	}
	for _, u := range r.l.Virtual {
		if u != nil {
			r.dirAs(u.Home, hostfs.Identity{UID: u.UID, GID: u.GID, Groups: []uint32{u.GID}})
		}
	}
}

// dir looks at a directory that a session changes into, a relative one from base;
// rights tells that it does so with the account's rights and not root's.
func (r *ftpReader) dir(path, base string, rights bool) {
	if !strings.HasPrefix(path, "/") {
		if path = base + "/" + path; base == "" {
			r.l.Dirs = append(r.l.Dirs, facts.FTPDir{Path: audit.Untrusted(path[1:])})
			return
		}
	}
	if !rights {
		d := facts.FTPDir{Path: audit.Untrusted(path), SystemFile: r.c.systemFile(r.v, path), Sure: r.c.host.Privileged}
		r.l.Dirs = append(r.l.Dirs, d)
		return
	}
	a := r.l.Account
	r.dirAs(path, hostfs.Identity{UID: a.UID, GID: a.GID, Groups: a.GIDs})
}

func (r *ftpReader) dirAs(path string, id hostfs.Identity) {
	if slices.ContainsFunc(r.l.Dirs, func(d facts.FTPDir) bool { return string(d.Path) == path }) {
		return
	}
	d := facts.FTPDir{Path: audit.Untrusted(path), SystemFile: r.c.systemFile(r.v, path)}
	err := r.w.thread.As(id, func(v *hostfs.View) error {
		d.Sure = v.Switched()
		if _, err := v.Stat(strings.TrimSuffix(path, "/") + "/."); err != nil {
			d.Enter = problem(path, err, d.Sure)
		}
		return nil
	})
	if err != nil {
		d.Enter = &facts.Problem{Failure: facts.Uncertain, At: d.Path, Why: err.Error()}
	}
	r.l.Dirs = append(r.l.Dirs, d)
}
