package collect

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/keyfiles"
)

const (
	// maxEntries bounds what is listed of one .ssh.
	maxEntries = 4096
	// maxProbes bounds how many of its files are opened to see what they hold.
	maxProbes = 64
)

func (r *accountReader) sshDir() {
	if !r.usable() {
		return
	}
	path := r.below(".ssh")
	d := &r.a.SSHDir
	dir, entries, truncated, err := r.v.ListToRead(path, maxEntries, toRead)
	switch {
	case err == nil && string(dir.Path) == path:
		d.Node = node(dir.Path, &dir.Info)
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		r.notPlain(path, err)
	default:
		// Nothing there, or a link that leads nowhere.
		d.Problem = problem(path, err, r.exact)
		if d.Problem.At != audit.Untrusted(path) {
			r.notPlain(path, err)
		}
	}
	if err == nil {
		r.entries(path, entries, truncated)
	}
}

// notPlain notes what .ssh is where it is not simply a directory that the account
// can list: a link, another object, or a directory that is closed to the account.
func (r *accountReader) notPlain(path string, listed error) {
	d := &r.a.SSHDir
	if listed != nil {
		d.Problem = problem(path, listed, r.exact)
	}
	info, err := r.v.Lstat(path)
	if err != nil {
		return
	}
	d.Node = node(audit.Untrusted(path), &info)
	if d.Type == facts.Symlink {
		d.Link = true
		d.Target, _ = r.v.Readlink(path) // a link that vanished meanwhile has no target to show
		if info, err = r.v.Stat(path); err != nil {
			return
		}
		d.Node = node(audit.Untrusted(path), &info)
	}
	if d.Type != facts.Directory && d.Type != facts.Symlink {
		d.Problem = nil // what it is says enough
	}
}

// entries fills in the entries of .ssh.
func (r *accountReader) entries(path string, entries []hostfs.Entry, truncated bool) {
	d := &r.a.SSHDir
	d.Truncated = truncated
	d.Entries = slices.Grow(d.Entries, len(entries))
	probes := 0
	for i := range entries {
		e := facts.Entry{Name: entries[i].Name}
		full := path + "/" + string(e.Name)
		e.Node = node(audit.Untrusted(full), &entries[i].Info)
		if e.Type == facts.Regular && worthProbing(string(e.Name)) && probes < maxProbes {
			probes++
			r.probe(&e, full)
		}
		d.Entries = append(d.Entries, e)
	}
}

// worthProbing tells whether a file's content says more than its name: private
// keys may have any name, and a key file may lie under a wrong one.
func worthProbing(name string) bool {
	switch keyfiles.KindOf(name) {
	case keyfiles.KnownHosts, keyfiles.Config, keyfiles.RC, keyfiles.Environment:
		return false
	case keyfiles.AuthorizedKeys:
		return name != "authorized_keys"
	case keyfiles.PublicKey:
		return strings.HasPrefix(strings.ToLower(name), "auth")
	default:
		return true
	}
}

// toRead tells whether a file of .ssh is going to be opened.
func toRead(name string) bool { return name == "authorized_keys" || worthProbing(name) }

// probe looks at the first bytes of a file in .ssh.
func (r *accountReader) probe(e *facts.Entry, path string) {
	data, _, err := r.v.ReadFile(path, keyfiles.PrivateProbe, r.buf)
	if err != nil && !errors.Is(err, hostfs.ErrTooLarge) {
		return
	}
	r.buf = data
	e.Content = facts.ContentOther
	switch {
	case keyfiles.LooksPrivate(data):
		e.Private, e.Encrypted = true, keyfiles.Encrypted(data)
		e.Content = facts.ContentPrivateKey
	case keyfiles.LooksPublic(data):
		e.Content = facts.ContentPublicKeys
	}
}
