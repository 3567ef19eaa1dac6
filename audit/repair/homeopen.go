//go:build linux

package repair

import (
	"errors"
	"io/fs"
	"path"
	"slices"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
	"sshaudit/audit/hostfs"
)

// maxHomeLinks bounds the links above a home.
const maxHomeLinks = 8

// openHome walks to the home as root and pins it, if the way there is one that
// nobody but root and the account can change. A home that is not there gives
// neither home nor refusal.
func (f *Fixer) openHome(t Target) (*hostfs.Walked, *refusal) {
	if t.UID == unmappedUID() || t.UID == ^uint32(0) {
		return nil, refuse(reasonUIDUnmapped, "uid %d stands for owners that the system cannot express; no account should have it", t.UID)
	}
	if r := checkHomeName(t.Home, t.UID); r != nil {
		return nil, r
	}
	home, err := f.Root.Self().OpenHome(t.Home)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, hostfsRefusal(err)
	}
	if r := f.checkWay(t, home); r != nil {
		home.Close()
		return nil, r
	}
	return home, nil
}

// checkWay applies the rules of a safe transition to what was walked.
func (f *Fixer) checkWay(t Target, home *hostfs.Walked) *refusal {
	if r := checkLinks(home.Links); r != nil {
		return r
	}
	if r := checkParents(t, home.Chain); r != nil {
		return r
	}
	canonical := string(home.Path)
	if r := checkHomeName(canonical, t.UID); r != nil {
		return r
	}
	if r := checkShared(t, canonical, f.index()); r != nil {
		return r
	}
	return f.checkAlias(t, home)
}

func checkLinks(links []hostfs.Link) *refusal {
	for i, l := range links {
		if i >= maxHomeLinks || l.Info.UID != 0 || l.In.UID != 0 || l.In.Mode&0o022 != 0 {
			return refuse(reasonSymlink, "%s is a link to %s; above a home sshaudit follows only links that root made in directories of root's",
				l.Path, l.Target)
		}
	}
	return nil
}

// checkParents wants every directory above the home to be root's, or from some
// point on the account's, and none to be writable by anybody else. Sticky
// directories are no exception: the account's own name in them can be planted.
func checkParents(t Target, chain []hostfs.Dir) *refusal {
	own := false
	for _, d := range slices.Backward(chain) {
		own = own || d.Info.UID == t.UID
		switch {
		case d.Info.UID != t.UID && (d.Info.UID != 0 || own):
			return refuse(reasonParentOwner, "%s belongs to uid %d, who could put another directory in the place of the home",
				d.Path, d.Info.UID)
		case d.Info.Mode&0o022 != 0:
			return refuse(reasonParentWritable, "%s has mode %04o: others than its owner could put another directory in the place of the home",
				d.Path, d.Info.Mode)
		}
	}
	return nil
}

// checkAlias finds another account whose home is the same directory under
// another spelling, which differs above the last name only.
func (f *Fixer) checkAlias(t Target, home *hostfs.Walked) *refusal {
	base := path.Base(string(home.Path))
	for _, o := range f.index().named(base) {
		if o.UID == t.UID || checkHomeName(o.Home, o.UID) != nil {
			continue
		}
		info, err := f.Root.Self().Stat(o.Home)
		if err == nil && info.Dev == home.Info.Dev && info.Ino == home.Info.Ino {
			return refuse(reasonHomeShared, "the home %s is also that of %s (uid %d), written %s; give each account its own",
				audit.Untrusted(t.Home), audit.Untrusted(o.Name), o.UID, audit.Untrusted(o.Home))
		}
	}
	return nil
}

// hostfsRefusal names what kept a path from being reached.
func hostfsRefusal(err error) *refusal {
	switch {
	case errors.Is(err, hostfs.ErrSymlink):
		return refuse(reasonSymlink, "%v; sshaudit does not follow links that a user controls", err)
	case errors.Is(err, hostfs.ErrFilesystem):
		return refuse(reasonFilesystem, "%v", err)
	case errors.Is(err, hostfs.ErrBusy):
		return refuse(reasonBusy, "%v", err)
	case errors.Is(err, hostfs.ErrLeased):
		return refuse(reasonLeased, "%v", err)
	case errors.Is(err, hostfs.ErrChanging):
		return refuse(reasonChanging, "%v", err)
	case errors.Is(err, hostfs.ErrType), errors.Is(err, unix.ENOTDIR):
		return refuse(reasonType, "%v", err)
	case errors.Is(err, hostfs.ErrTooLarge):
		return refuse(reasonTooMany, "%v", err)
	case errors.Is(err, unix.ESTALE):
		return refuse(reasonFilesystem, "%v", err)
	case errors.Is(err, unix.ELOOP):
		return refuse(reasonSymlink, "%v", err)
	}
	return refuse(reasonDenied, "%v", err)
}
