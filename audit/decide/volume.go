package decide

import "sshaudit/audit"

// volume notes that nothing can be written to the home, which refuses no login: it
// is what customers mean who are let in and whose uploads fail.
func (l *login) volume() {
	fs := l.a.Home.Filesystem
	switch {
	case fs == nil:
	case fs.ReadOnly:
		l.note(audit.LayerSession, "fs-readonly: the file system of the home (%s) takes no writes, so uploads fail", fs.Point)
	case fs.Full():
		l.note(audit.LayerSession, "disk-full: the file system of the home (%s) is full, so uploads fail", fs.Point)
	case fs.OutOfInodes():
		l.note(audit.LayerSession, "disk-full: the file system of the home (%s) has no inodes left, so uploads fail", fs.Point)
	}
}
