package collect

import (
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
