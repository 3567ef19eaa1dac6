package collect

import (
	"path"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/facts"
)

// Place is a directory whose events tell that an account is to be looked at again.
type Place struct {
	// Path is the directory. Dev and Ino are its inode where it was looked at, else 0.
	Path     string
	Dev, Ino uint64
	// Names are its entries that matter; nil for all of them.
	Names []string
	// Shared tells that the entries may be those of many accounts, one name each.
	Shared bool
	// Content tells that what its files hold matters too, not just names and modes.
	Content bool
}

// homeNames are the entries of a home that are always looked at.
var homeNames = []string{".ssh", ".shosts", ".rhosts"}

// Places returns the directories in which a change to what was read of the
// account shows, and the directories above them, which no tenant changes. sshd
// looks at homes, at ~/.ssh, at the key files, and at what lies above these.
func Places(a *facts.Account) (own []Place, above []string) {
	p := places{a: a, home: lexicalHome(a)}
	if p.home == "" {
		return nil, nil
	}
	p.homeAndParent()
	// Behind a link no watch is put: it fails, and the account is polled.
	if d := &a.SSHDir; d.Type == facts.Directory || d.Link {
		p.add(Place{Path: string(d.Path), Dev: d.Dev, Ino: d.Ino, Content: true})
	}
	for _, f := range keyFiles(a) {
		p.keyFile(f)
	}
	return p.own, p.above
}

// Expected returns the places of an account that nobody looked at yet, as they are
// where its home and ~/.ssh are plain directories.
func Expected(a *accounts.Account) []Place {
	guess := facts.Account{Account: *a}
	guess.Home.Path, guess.Home.Type = audit.Untrusted(lexicalHome(&guess)), facts.Directory
	if guess.Home.Path == "" {
		return nil
	}
	guess.SSHDir.Path, guess.SSHDir.Type = audit.Untrusted(strings.TrimSuffix(string(guess.Home.Path), "/")+"/.ssh"), facts.Directory
	own, _ := Places(&guess)
	return own
}

type places struct {
	a *facts.Account
	// home is the canonical home, or the one that passwd names if there is none.
	home  string
	own   []Place
	above []string
}

func lexicalHome(a *facts.Account) string {
	if a.Home.Problem == nil && a.Home.Path != "" {
		return string(a.Home.Path)
	}
	if home := a.Account.Home; home != "" && len(home) < pathMax {
		return path.Clean("/" + home)
	}
	return ""
}

func (p *places) homeAndParent() {
	h := &p.a.Home
	if h.Problem == nil && h.Type == facts.Directory {
		p.add(Place{Path: p.home, Dev: h.Dev, Ino: h.Ino, Names: homeNames})
	} else if h.Problem == nil || h.Problem.Failure != facts.Missing {
		p.add(Place{Path: p.home, Names: homeNames})
	}
	p.beside(p.home)
	p.ways(path.Dir(p.home))
}

// beside watches for one name to appear, to go, or to be exchanged.
func (p *places) beside(name string) {
	if name != "/" {
		p.add(Place{Path: path.Dir(name), Names: []string{path.Base(name)}, Shared: true})
	}
}

// ways adds a directory and those above it.
func (p *places) ways(dir string) {
	for ; dir != "/" && !slices.Contains(p.above, dir); dir = path.Dir(dir) {
		p.above = append(p.above, dir)
	}
}

// keyFile adds the directories between a key file and the home, or "/".
func (p *places) keyFile(f *facts.KeyFile) {
	name, dirs := string(f.Node.Path), f.Dirs
	if f.Problem != nil || name == "" {
		name, dirs = path.Clean(string(f.Path)), nil
	}
	if f.BadToken != 0 || name == "" || len(name) >= pathMax || name[0] != '/' {
		return
	}
	below, inside := p.inHome(name)
	if first, rest, deeper := strings.Cut(below, "/"); inside {
		p.watchName(first)
		if !deeper || first == ".ssh" && !strings.Contains(rest, "/") {
			return // the home's and ~/.ssh's own watch tell of it
		}
	}
	p.file(name, inside, dirs)
	for dir, i := path.Dir(name), 0; dir != "/" && dir != p.home; dir, i = path.Dir(dir), i+1 {
		if inside {
			p.add(Place{Path: path.Dir(dir), Names: []string{path.Base(dir)}})
			continue
		}
		switch {
		case i < len(dirs) && dirs[i].UID == 0:
			p.ways(dir)
			return
		case i >= len(dirs): // it does not exist, perhaps
			p.beside(dir)
			p.ways(path.Dir(dir))
			return
		}
		p.add(Place{Path: path.Dir(dir), Names: []string{path.Base(dir)}, Shared: true, Content: true})
	}
}

// file watches the directory of a key file.
func (p *places) file(name string, inside bool, dirs []facts.Node) {
	place := Place{Path: path.Dir(name), Names: []string{path.Base(name)}, Shared: !inside, Content: true}
	if len(dirs) > 0 {
		place.Dev, place.Ino = dirs[0].Dev, dirs[0].Ino
	}
	p.add(place)
}

// inHome returns what follows the home in a path.
func (p *places) inHome(name string) (string, bool) {
	if p.home == "/" {
		return "", false
	}
	return strings.CutPrefix(name, p.home+"/")
}

// watchName adds an entry of the home to those that matter.
func (p *places) watchName(name string) {
	for i := range p.own {
		if w := &p.own[i]; w.Path == p.home && !w.Shared && !slices.Contains(w.Names, name) {
			w.Names = append(slices.Clip(w.Names), name)
		}
	}
}

// add adds a place, or joins it with the one that is there.
func (p *places) add(n Place) {
	i := slices.IndexFunc(p.own, func(o Place) bool { return o.Path == n.Path && o.Shared == n.Shared })
	if i < 0 {
		p.own = append(p.own, n)
		return
	}
	o := &p.own[i]
	o.Content = o.Content || n.Content
	if o.Names == nil || n.Names == nil {
		o.Names = nil
		return
	}
	for _, name := range n.Names {
		if !slices.Contains(o.Names, name) {
			o.Names = append(slices.Clip(o.Names), name)
		}
	}
}
