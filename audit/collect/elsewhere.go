package collect

import (
	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/keyfiles"
)

// maxNeighbours bounds the other accounts in whose key files a wanted key is
// looked for, maxNeighbourBytes the size of these files together.
const (
	maxNeighbours     = 200
	maxNeighbourBytes = 8 << 20
)

// elsewhere looks for the wanted key where sshd does not: in other files of
// .ssh and of the home, and in the key files of other accounts.
func (r *accountReader) elsewhere(via *facts.Via) {
	read := make(map[audit.Untrusted]bool)
	for _, f := range via.KeyFiles {
		read[f.Path], read[f.Node.Path] = true, true
	}
	searched := 0
	for i := range r.a.SSHDir.Entries {
		e := &r.a.SSHDir.Entries[i]
		if searched++; searched > maxProbes {
			break
		}
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

// Neighbours looks for a wanted key in the key files of other accounts, in the
// order of passwd. unsearched is how many of them were left out because there
// are too many, or their files are too large.
func (w *Worker) Neighbours(account int, wanted authkeys.Fingerprint) (found []facts.Elsewhere, unsearched int) {
	c, db, looked, size := w.c, w.c.host.Accounts, 0, int64(0)
	for i := range db.Len() {
		a := db.At(i)
		if i == account || a.UID != 0 && a.UID < c.host.UIDMin {
			continue
		}
		if looked++; looked > maxNeighbours || size > maxNeighbourBytes {
			unsearched++
			continue
		}
		other := w.account(i, nil)
		for _, f := range keyFiles(other) {
			if f.Keys == nil {
				continue
			}
			size += f.Size
			for k := range f.Keys.Lines {
				if key := f.Keys.Lines[k].Key; key != nil && key.Fingerprint() == wanted {
					found = append(found, facts.Elsewhere{User: audit.Untrusted(a.Name), Path: f.Path, Line: f.Keys.Lines[k].Number})
					break
				}
			}
		}
	}
	return found, unsearched
}
