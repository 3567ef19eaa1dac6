package collect

import (
	"errors"
	"path"
	"slices"
	"strings"
	"sync"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/keyfiles"
)

// Memory is what one Collector may take over from an earlier one of the same
// host, so that looking at the host again costs little when nothing changed. The
// zero value is empty. Collectors use it one after the other.
type Memory struct {
	accounts *accounts.DB
	other    string
	files    [len(accountFiles)]hostfs.Info

	builds map[string]rememberedBuild

	mu    sync.Mutex
	paths map[string]struct{}
	full  bool
}

// accountFiles are the files from which the accounts come.
var accountFiles = [...]string{"/etc/passwd", "/etc/group", "/etc/shadow", "/etc/nsswitch.conf"}

type rememberedBuild struct {
	info  hostfs.Info
	build build
}

// maxPaths bounds the paths that a Memory holds.
const maxPaths = 8192

// note is told of every path that was looked at as root.
func (m *Memory) note(name string) {
	listed := strings.HasSuffix(name, "/")
	name = path.Clean(name)
	if listed && name != "/" {
		name += "/"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.paths == nil {
		m.paths = make(map[string]struct{})
	}
	if _, known := m.paths[name]; known {
		return
	}
	if m.full = len(m.paths) >= maxPaths; !m.full {
		m.paths[name] = struct{}{}
	}
}

// Paths returns the files of the system that were looked at so far, those that
// do not exist included; a slash at the end tells a directory that was listed.
// complete is false if there are too many to remember.
func (m *Memory) Paths() (list []string, complete bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list = make([]string, 0, len(m.paths))
	for name := range m.paths {
		list = append(list, name)
	}
	slices.Sort(list)
	return list, !m.full
}

// Known returns the number of these paths.
func (m *Memory) Known() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.paths)
}

// rememberedAccounts returns the accounts that were read before, if none of
// their files changed since. The state of the files is noted before they are
// read, so that a change in between is seen the next time.
func (c *Collector) rememberedAccounts(v *hostfs.View) bool {
	m := c.opts.Memory
	if m == nil {
		return false
	}
	var now [len(accountFiles)]hostfs.Info
	for i, name := range accountFiles {
		now[i], _ = v.Stat(name) // one that is missing is the zero value
	}
	if m.accounts == nil || m.files != now {
		m.files, m.accounts = now, nil
		return false
	}
	c.host.Accounts, c.host.OtherAccounts = m.accounts, m.other
	return true
}

// rememberAccounts keeps the accounts, unless a name service has a part in them,
// of which no file tells, or something was missing, which is to be told again.
func (c *Collector) rememberAccounts(partly bool) {
	m := c.opts.Memory
	if m == nil || partly {
		return
	}
	m.accounts, m.other = c.host.Accounts, c.host.OtherAccounts
}

// buildOf is readBuild, done once for a program that stays as it is.
func (c *Collector) buildOf(v *hostfs.View, name string) (build, error) {
	m := c.opts.Memory
	if m == nil {
		return c.readBuild(v, name)
	}
	info, err := v.Stat(name)
	if err != nil {
		return build{}, err
	}
	if known, ok := m.builds[name]; ok && known.info == info {
		return known.build, nil
	}
	b, err := c.readBuild(v, name)
	if err == nil {
		if m.builds == nil {
			m.builds = make(map[string]rememberedBuild)
		}
		m.builds[name] = rememberedBuild{info, b}
	}
	return b, err
}

// Watch adds a directory to an inotify instance and returns the watch descriptor
// and the directory's inode; see [hostfs.View.Watch].
func (c *Collector) Watch(instance int, dir string, mask uint32) (wd int, dev, ino uint64, err error) {
	wd, info, err := c.root.Unheard().Watch(instance, dir, mask)
	return wd, info.Dev, info.Ino, err
}

// errShared refuses a directory that others than root can change.
var errShared = errors.New("others than root may change it or what lies above it")

// Secure tells whether a directory, and every one above it, is root's and nobody
// else's to write; nil if so.
func (c *Collector) Secure(dir string) error {
	w, err := c.root.Unheard().Walk(dir)
	if err != nil {
		return err
	}
	defer w.Close()
	const others = 0o022
	safe := func(i *hostfs.Info) bool { return i.Type == hostfs.Directory && i.UID == 0 && i.Mode&others == 0 }
	if !safe(&w.Info) || slices.ContainsFunc(w.Chain, func(d hostfs.Dir) bool { return !safe(&d.Info) }) {
		return errShared
	}
	return nil
}

// Forget has the directories above the homes looked at afresh.
func (c *Collector) Forget() { c.root.Forget() }

// Shares are what an account may have in common with others.
type Shares struct {
	home    [2]uint64
	hasHome bool
	keys    []uint64
}

// Holding is what Share takes: an account's home and keys.
type Holding struct {
	Shares
	path audit.Untrusted
	list []*authkeys.Key
}

// Held returns what an account may have in common with others.
func Held(a *facts.Account) Holding {
	var held Holding
	held.fill(a)
	return held
}

// fill is Held in the memory of an earlier one.
func (held *Holding) fill(a *facts.Account) {
	*held = Holding{Shares: Shares{keys: held.keys[:0]}, list: held.list[:0]}
	if home := a.Account.Home; !a.System && a.Home.Problem == nil && a.Home.Type == facts.Directory &&
		!keyfiles.SystemHome(home, a.UID) {
		held.home, held.hasHome, held.path = [2]uint64{a.Home.Dev, a.Home.Ino}, true, a.Home.Path
	}
	for _, f := range keyFiles(a) {
		if f.Keys == nil {
			continue
		}
		for k := range f.Keys.Lines {
			if key := f.Keys.Lines[k].Key; key != nil && f.Keys.Lines[k].Kind == authkeys.KindKey {
				held.keys, held.list = append(held.keys, facts.KeyHash(key)), append(held.list, key)
			}
		}
	}
}

// Share notes in the host's indexes what account i holds now instead of what it
// held before. It reports whether that changed anything.
func (c *Collector) Share(i int32, before Shares, now Holding) bool { return c.share(i, &before, &now) }

func (c *Collector) share(i int32, before *Shares, now *Holding) bool {
	h := c.host
	if before.hasHome == now.hasHome && before.home == now.home && slices.Equal(before.keys, now.keys) {
		return false
	}
	if before.hasHome {
		h.Homes.Remove(before.home, i)
	}
	for _, k := range before.keys {
		h.Keys.Remove(k, i)
	}
	if now.hasHome {
		h.Homes.Add(now.home, i, func() string { return string(now.path) })
	}
	for k, hash := range now.keys {
		h.Keys.Add(hash, i, func() string { return string(now.list[k].Fingerprint()) })
	}
	return true
}

// Inherit takes over what the accounts have in common from an earlier Collector
// with the same accounts, which is not used for it any more.
func (c *Collector) Inherit(from *Collector) {
	c.host.Homes.Take(&from.host.Homes)
	c.host.Keys.Take(&from.host.Keys)
}
