package collect

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"
	"time"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/serverlog"
)

const (
	// logDir is where the daemons of syslog keep their files.
	logDir = "/var/log"
	// maxLogNames bounds the names that are looked at in a directory.
	maxLogNames = 4096
	// maxUnpacked bounds what a compressed log may unpack to, in bytes: what a day's
	// log may well hold, and half a second of work.
	maxUnpacked = 64 << 20
	// unpackStep is what is unpacked at a time.
	unpackStep = 1 << 20
)

// kind is a kind of log file: where its files lie and how they are read.
type kind struct {
	dir, base string
	read      func(text string, now time.Time, zone *time.Location) iter.Seq[serverlog.Entry]
}

func readFTPLog(text string, _ time.Time, zone *time.Location) iter.Seq[serverlog.Entry] {
	return serverlog.FTP(text, zone)
}

func readAuditLog(text string, _ time.Time, _ *time.Location) iter.Seq[serverlog.Entry] {
	return serverlog.Audit(text)
}

// sshdLogs are where syslog daemons put what sshd says: Debian's and Ubuntu's
// auth.log, Red Hat's secure. otherLogs are asked where there is neither.
var (
	sshdLogs  = []kind{{logDir, "auth.log", serverlog.Syslog}, {logDir, "secure", serverlog.Syslog}}
	otherLogs = []kind{{logDir, "messages", serverlog.Syslog}, {logDir, "syslog", serverlog.Syslog}}
)

// ftpLogs are what the FTP servers write themselves, auditLogs those of auditd.
var (
	ftpLogs   = []kind{{logDir, "vsftpd.log", readFTPLog}, {logDir + "/proftpd", "proftpd.log", readFTPLog}}
	auditLogs = []kind{{logDir + "/audit", "audit.log", readAuditLog}}
)

// readLogs reads the files of some kinds; found tells that there is one.
func (c *Collector) readLogs(kinds []kind, since time.Time) (list []serverlog.Entry, found bool) {
	for i := range kinds {
		for _, name := range c.rotations(&kinds[i]) {
			entries, ok := c.readLog(&kinds[i], name, since)
			list, found = append(list, entries...), found || ok
		}
	}
	return list, found
}

// rotations are the names that logrotate(8) gives a file: NAME, NAME.1, NAME.2.gz,
// with dateext NAME-20261120, and with dateformat and extension NAME-20261120.gz.
func (c *Collector) rotations(k *kind) []string {
	entries, _, err := c.root.Self().ReadDir(k.dir, maxLogNames)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			c.missing(k.dir, "%v", err)
		}
		return nil
	}
	var names []string
	for _, e := range entries {
		rest, ok := strings.CutPrefix(string(e.Name), k.base)
		if ok && (rest == "" || rotated(rest)) {
			names = append(names, path.Join(k.dir, string(e.Name)))
		}
	}
	return names
}

// rotated tells whether what follows a log's name is that of a rotation.
func rotated(rest string) bool {
	rest = strings.TrimSuffix(rest, ".gz")
	return len(rest) > 1 && len(rest) < 24 && (rest[0] == '.' || rest[0] == '-') && strings.Trim(rest[1:], "0123456789-.T") == ""
}

// readLog reads one file as far as it is newer than a moment; ok tells that it is
// there. A rotation keeps the time of the last line that was written.
func (c *Collector) readLog(k *kind, name string, since time.Time) (list []serverlog.Entry, ok bool) {
	v := c.root.Self()
	info, err := v.Stat(name)
	if err == nil && info.Type == hostfs.Regular && info.Modified().Before(since) {
		return nil, true
	}
	keep := func(text string) {
		for e := range k.read(text, c.opts.Now, c.host.Zone) {
			if e.Time.Before(since) {
				continue
			}
			e.Source = name
			list = append(list, e)
		}
	}
	if strings.HasSuffix(name, ".gz") {
		err = c.unpack(v, name, keep)
	} else {
		var data []byte
		data, _, err = v.ReadTail(name, maxLog)
		keep(string(data))
	}
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			c.missing(name, "%v", err)
		}
		return list, len(list) > 0
	}
	return list, true
}

// errUnpacked says that a compressed log was not read to its end.
var errUnpacked = errors.New("unpacks to more than 64 MiB; the rest was not read")

// unpack reads a compressed log piece by piece, in whole lines.
func (c *Collector) unpack(v *hostfs.View, name string, keep func(text string)) error {
	data, _, err := v.ReadFile(name, maxLog, nil)
	if err != nil {
		return err
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return err
	}
	limited := &io.LimitedReader{R: z, N: maxUnpacked}
	piece := make([]byte, unpackStep)
	for held := 0; ; {
		n, err := limited.Read(piece[held:])
		held += n
		end := held
		switch {
		case errors.Is(err, io.EOF) && limited.N > 0: // all of it
		case err != nil:
			end = bytes.LastIndexByte(piece[:held], '\n') + 1
		case held < len(piece):
			continue
		default:
			// A line that fills the piece is none of sshd's.
			end = cmp.Or(bytes.LastIndexByte(piece, '\n')+1, len(piece))
		}
		keep(string(piece[:end]))
		held = copy(piece, piece[end:held])
		switch {
		case errors.Is(err, io.EOF) && limited.N == 0:
			return errUnpacked
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// inOrder sorts entries by their time and keeps the newest of them.
func inOrder(list []serverlog.Entry) []serverlog.Entry {
	slices.SortStableFunc(list, func(a, b serverlog.Entry) int { return cmp.Compare(a.Time.UnixNano(), b.Time.UnixNano()) })
	return list[max(0, len(list)-maxRecords):]
}
