package collect

import (
	"errors"
	"path"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/sshdconf"
)

// chroot looks at each directory of ChrootDirectory as session.c safely_chroot
// does: by stat(2) of ever longer parts of the path.
func (r *accountReader) chroot(v *hostfs.View, dir string, release audit.OpenSSH) *facts.Chroot {
	dir, ok := r.tilde(dir, release)
	if !ok {
		return &facts.Chroot{Path: audit.Untrusted(dir), BadToken: '~'}
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

// tilde expands a leading ~ or ~NAME as misc.c tilde_expand does, which puts a
// slash behind the home; ok is false for a name that nobody has, of which sshd
// dies. Up to 8.4 a name counted only before a slash.
func (r *accountReader) tilde(dir string, release audit.OpenSSH) (expanded string, ok bool) {
	rest, ok := strings.CutPrefix(dir, "~")
	if !ok {
		return dir, true
	}
	user, below, slash := strings.Cut(rest, "/")
	home := r.a.Account.Home
	switch {
	case user == "":
	case !slash && release.Known() && !release.AtLeast(8, 5):
		below = user
	default:
		a := r.c.host.Accounts.Lookup(user)
		if a == nil {
			return dir, false
		}
		home = a.Home
	}
	return strings.TrimSuffix(home, "/") + "/" + below, true
}

// maxPrograms bounds the programs that are looked at for one login.
const maxPrograms = 64

// programs lists the programs that a session could run, by the word that names
// them: the shell, the subsystem's, and those of forced commands.
func (r *accountReader) programs(via *facts.Via) []string {
	var list []string
	add := func(command string) {
		fields := strings.Fields(command)
		if len(fields) > 0 && !slices.Contains(list, fields[0]) && len(list) < maxPrograms {
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

// searched are the directories in which a shell that sshd starts looks for a
// program, those of root's among them: which ones count hangs on the build.
var searched = []string{"/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/games"}

// program looks at a program: what it is and how it would be started.
func (r *accountReader) program(s *facts.Session, word, inside string, look func(string) facts.SystemFile) {
	name, f := word, facts.SystemFile{}
	switch {
	case word[0] == '/':
		f = look(word)
	case strings.ContainsAny(word, "/="):
		return // below the home, or an assignment
	default:
		for _, dir := range searched {
			name = dir + "/" + word
			if f = look(name); f.Problem == nil || f.Problem.Failure != facts.Missing {
				break
			}
		}
	}
	s.Programs[word] = f
	if f.Problem == nil && f.Type == facts.Regular {
		s.Heads[word] = r.head(inside+name, look)
	}
}

// headSize is what the kernel reads of a program before it starts it.
const headSize = 256

// head reads the first bytes of a program with root's rights.
func (r *accountReader) head(name string, look func(string) facts.SystemFile) (h facts.Head) {
	self := r.c.root.Self()
	h.Target, _ = self.Readlink(name) // no link, no target
	data, _, err := self.ReadFile(name, headSize, nil)
	if err != nil && !errors.Is(err, hostfs.ErrTooLarge) {
		return h
	}
	line, _, _ := strings.Cut(string(data), "\n")
	switch script, ok := strings.CutPrefix(line, "#!"); {
	case strings.HasPrefix(line, "\x7fELF"):
		h.Format = facts.FormatELF
	case ok && len(strings.Fields(script)) > 0 && strings.Fields(script)[0][0] == '/':
		h.Format, h.Interpreter = facts.FormatScript, look(strings.Fields(script)[0])
	case !ok && !slices.Contains(data, 0):
		h.Format = facts.FormatText
	}
	return h
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
// A link of another name counts as what it leads to.
func (r *accountReader) startup(self *hostfs.View, target audit.Untrusted) []facts.Text {
	var system, own []string
	name := path.Base(shellOf(r.a))
	if target != "" && !strings.HasSuffix(name, "sh") {
		name = path.Base(string(target))
	}
	switch name {
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
