//go:build linux

package repair

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/keyfiles"
)

const (
	// maxText bounds an authorized_keys file whose text is repaired.
	maxText = 16 << 20
	// textTries is how often a file is tried that its owner keeps writing.
	textTries = 3
)

// contents repairs the text of every key file of the account.
func (r *run) contents(t Target, home *hostfs.Walked, n *notes) error {
	if r.f.RepairText == nil {
		return nil
	}
	rels := []string{".ssh/authorized_keys", ".ssh/authorized_keys2"}
	for _, p := range places(t) {
		if p.kind == keyfiles.AuthorizedKeys && !slices.Contains(rels, p.rel) {
			rels = append(rels, p.rel)
		}
	}
	for _, rel := range rels {
		for try := 1; ; try++ {
			refused, err := r.text(t, home, rel)
			if err != nil {
				return err
			}
			if refused == nil {
				break
			}
			if again := refused.reason == reasonChanging || refused.reason == reasonMoved; again && try < textTries {
				continue
			}
			n.refuse(rel, refused)
			break
		}
	}
	return nil
}

// textFile is one key file whose text is being replaced.
type textFile struct {
	rel      string
	dir, pin *hostfs.Pin
	text     []byte
	// lease is a descriptor with a read lease on the old file.
	lease int
	// name is where the new file lies before the exchange and the old one after it.
	name    string
	created *hostfs.Pin
	mode    uint32
}

func (f *textFile) close(home *hostfs.Walked) {
	if f.lease >= 0 {
		unix.Close(f.lease)
	}
	for _, p := range []*hostfs.Pin{f.dir, f.pin, f.created} {
		if p != nil && p != &home.Pin {
			p.Close()
		}
	}
	f.dir, f.pin, f.created, f.lease = nil, nil, nil, -1
}

// text repairs one key file, or says why not.
func (r *run) text(t Target, home *hostfs.Walked, rel string) (*refusal, error) {
	f := &textFile{rel: rel, lease: -1}
	defer f.close(home)
	as := func(work func() *refusal) *refusal {
		var refused *refusal
		if err := r.f.Root.As(t.identity(), func(*hostfs.View) error { refused = work(); return nil }); err != nil {
			return asRefusal(err, "act as the account")
		}
		return refused
	}
	open := func() *refusal { return f.open(home) }
	refused := as(open)
	ahead, planned := r.ahead[rel]
	if r.opt.DryRun && (f.pin == nil || planned) {
		f.close(home)
		refused = open() // behind a mode or an owner whose repair is planned only
	}
	if refused != nil || f.pin == nil {
		return refused, nil
	}
	fixed, notes, err := r.f.RepairText(f.text)
	if err != nil {
		return refuse(reasonType, "its text cannot be repaired: %v", err), nil
	}
	if bytes.Equal(fixed, f.text) {
		return nil, nil
	}
	owner := f.pin.Info.UID
	if planned {
		owner = ahead.uid
	}
	if owner != t.UID {
		return ownerRefusal(owner, t.UID, "its text wants a repair, and only the account's own file gets one"), nil
	}
	if refused := untouchable(observed{info: f.pin.Info}); refused != nil {
		return refused, nil
	}
	it := r.textItem(t, f, fixed, notes)
	if r.opt.DryRun {
		it.note = strings.Join(notes, "; ")
		r.tell(t, []*item{it}, resultPlanned)
		return nil, nil
	}
	if refused := as(f.hold); refused != nil {
		return refused, nil
	}
	it.rec.Backup = []byte(f.name)
	it.note += f.name
	r.number(it.rec)
	if err := r.intents([]*item{it}, PhaseIntent); err != nil {
		r.seq--
		return nil, err
	}
	it.refused = as(func() *refusal { return f.replace(fixed) })
	if it.refused == nil {
		created := identityOf(f.created)
		it.rec.NewObject = &created
	}
	err = r.outcomes([]*item{it}, PhaseDone, PhaseFailed)
	if it.refused == nil {
		r.tell(t, []*item{it}, resultDone)
	}
	return it.refused, err
}

// textItem is the change of content for record and report.
func (r *run) textItem(t Target, f *textFile, fixed []byte, notes []string) *item {
	o := &object{rel: f.rel, pin: f.pin, observed: observed{kind: keyfiles.AuthorizedKeys, info: f.pin.Info}}
	it := r.item(t, o, whatContent, stateOf(f.pin.Info), strings.Join(append(notes, "the old file is kept beside it as "), "; "))
	before, after := sha256.Sum256(f.text), sha256.Sum256(fixed)
	it.rec.SHA256Old, it.rec.SHA256New = before[:], after[:]
	return it
}

// digest shows the beginning of a digest: enough to tell two texts apart.
func digest(sum []byte) string { return "sha256:" + hex.EncodeToString(sum[:min(len(sum), 6)]) }

// open pins directory and file and reads the text. What cannot be reached was
// reported when modes were looked at; then nothing is pinned.
func (f *textFile) open(home *hostfs.Walked) *refusal {
	f.dir, f.pin = f.find(home)
	if f.pin == nil {
		return nil
	}
	var err error
	if f.text, err = f.pin.ReadAll(maxText, nil); err != nil {
		return hostfsRefusal(err)
	}
	return nil
}

// find pins the directory and the regular file in it.
func (f *textFile) find(home *hostfs.Walked) (dir, file *hostfs.Pin) {
	dir, err := parentPin(home, f.rel)
	if err != nil {
		return nil, nil
	}
	file, err = home.Beneath(f.rel)
	if err == nil && file.Info.Type == hostfs.Regular {
		return dir, file
	}
	if err == nil {
		file.Close()
	}
	return dir, nil
}

// hold takes the lease and sees that the text is still the one that was repaired.
func (f *textFile) hold() *refusal {
	var err error
	if f.lease, err = leased(f.pin); err != nil {
		return asRefusal(err, "open")
	}
	text, err := f.pin.ReadAll(maxText, nil)
	if err != nil {
		return hostfsRefusal(err)
	}
	if !bytes.Equal(text, f.text) {
		return refuse(reasonChanging, "its text changed while it was repaired; run again")
	}
	f.mode = keyfiles.Target(keyfiles.AuthorizedKeys, f.pin.Info.Mode)
	f.name = path.Base(f.rel) + keyfiles.BackupMark + strings.ToLower(rand.Text()[:12])
	return nil
}

// replace writes the new file beside the old one and exchanges the two.
func (f *textFile) replace(fixed []byte) *refusal {
	acl, err := f.pin.ACL()
	if err != nil {
		return hostfsRefusal(err)
	}
	if err := f.create(fixed, acl.Raw); err != nil {
		return asRefusal(err, "write the repaired file")
	}
	refused := f.exchange()
	if refused != nil && f.isAt(f.name, f.created) {
		f.discard()
	}
	return refused
}

// create writes the new file under a name that nobody can have planted.
func (f *textFile) create(fixed, acl []byte) error {
	fd, err := unix.Openat(f.dir.Fd(), f.name, unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	err = writeAll(fd, fixed)
	if err == nil && acl != nil {
		err = unix.Setxattr(fdPath(fd), "system.posix_acl_access", acl, 0)
	}
	if err == nil {
		err = unix.Fchmod(fd, f.mode)
	}
	if err == nil {
		err = unix.Fsync(fd)
	}
	if cerr := unix.Close(fd); err == nil {
		err = cerr
	}
	if err == nil {
		f.created, err = f.dir.Beneath(f.name)
	}
	if err != nil {
		f.discard()
	}
	return err
}

func writeAll(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		if err != nil && err != unix.EINTR {
			return err
		}
		b = b[max(n, 0):]
	}
	return nil
}

// discard removes what lies under the second name.
func (f *textFile) discard() { _ = unix.Unlinkat(f.dir.Fd(), f.name, 0) }

// exchange puts the new file in the old one's place in one step, so that sshd
// never finds neither, and proves that nobody wrote the old one meanwhile: the
// lease still stands, size and time are those that were read. Whoever opens
// the old file for writing while the lease stands waits in the kernel and
// breaks the lease, which is seen here; then everything goes back.
func (f *textFile) exchange() *refusal {
	old := f.pin.Info
	base := path.Base(f.rel)
	if err := unix.Renameat2(f.dir.Fd(), base, f.dir.Fd(), f.name, unix.RENAME_EXCHANGE); err != nil {
		if err == unix.EINVAL || err == unix.ENOSYS {
			return refuse(reasonFilesystem, "the file system cannot exchange two files in one step")
		}
		return asRefusal(err, "exchange with the repaired file")
	}
	syncErr := syncDir(f.dir)
	switch {
	case syncErr != nil:
		f.exchangeBack(base)
		return asRefusal(syncErr, "sync the directory")
	case !f.isAt(f.name, f.pin):
		// Somebody renamed another file to the name just before. It is the
		// newer one: it goes back.
		f.exchangeBack(base)
		return refuse(reasonMoved, "the file was replaced while it was repaired; run again")
	case !leaseStands(f.lease) || f.pin.Refresh() != nil || f.pin.Info.Size != old.Size || f.pin.Info.Mtime != old.Mtime:
		f.exchangeBack(base)
		return refuse(reasonChanging, "its owner writes it while it is repaired; run again")
	case !f.isAt(base, f.created):
		return refuse(reasonMoved, "the repaired file was replaced at once by another one; the text before the repair is kept as %s",
			audit.Untrusted(f.name))
	}
	return nil
}

// exchangeBack undoes an exchange, as long as the new file is where it was put.
func (f *textFile) exchangeBack(base string) {
	if !f.isAt(base, f.created) {
		return
	}
	// When it fails, the caller finds the old file under the other name and
	// leaves it there.
	_ = unix.Renameat2(f.dir.Fd(), base, f.dir.Fd(), f.name, unix.RENAME_EXCHANGE)
}

// isAt reports whether name in the directory is the pinned object.
func (f *textFile) isAt(name string, p *hostfs.Pin) bool {
	found, err := f.dir.Beneath(name)
	if err != nil {
		return false
	}
	defer found.Close()
	return found.Info.SameObject(p.Info)
}

// syncDir syncs a pinned directory's entries.
func syncDir(p *hostfs.Pin) error {
	fd, err := unix.Open(fdPath(p.Fd()), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	return errors.Join(unix.Fsync(fd), unix.Close(fd))
}
