package collect

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/serverlog"
)

const (
	// followLine bounds a record of the journal, in bytes; a longer one is passed over.
	followLine = 64 << 10
	// followPoll is how often a file of syslog is looked at: one statx(2) a file.
	followPoll = 2 * time.Second
	// followWait and followWaitMax bound the pause before a journalctl that ended is
	// started again.
	followWait, followWaitMax = time.Second, time.Minute
	// followStep bounds what is read of a file at a time, in bytes.
	followStep = 1 << 20
)

// Follower hands on what sshd logs from now on.
type Follower struct {
	// Root is the running host.
	Root *hostfs.Root
	// Zone is that of times without one (facts.Host.Zone).
	Zone *time.Location
	// SELinux asks for the kernel's denials too.
	SELinux bool
	// Entry is called with each line in the order in which it was written, by one
	// goroutine. While it does not return, nothing more is read: what waits is kept
	// in the journal, or in the file.
	Entry func(*serverlog.Entry)
	// cursor is the place in the journal up to which records were handed on.
	cursor string
}

// Follow hands on lines until the context ends: those of the journal where
// journald runs, otherwise those of the files of syslog, rotated or not. It starts
// journalctl again when that ends, without losing or repeating a record.
func (f *Follower) Follow(ctx context.Context) error {
	if _, err := f.Root.Self().Lstat("/run/systemd/journal/socket"); err != nil || !f.Root.Live() {
		return f.followFiles(ctx)
	}
	wait := followWait
	for {
		began := time.Now()
		err := f.followJournal(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, exec.ErrNotFound):
			return f.followFiles(ctx)
		}
		if time.Since(began) > followWaitMax {
			wait = followWait
		}
		if !pause(ctx, wait) {
			return ctx.Err()
		}
		wait = min(2*wait, followWaitMax)
	}
}

// pause waits; it reports false when the context ended meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// machineID is the length of the id in /etc/machine-id (machine-id(5)).
const machineID = 32

// followJournal runs journalctl until it ends. The first one begins with what is
// written next, a later one where the one before stopped.
func (f *Follower) followJournal(ctx context.Context) error {
	// --follow alone means the current boot, whose id a container may show
	// otherwise inside a unit (ProtectKernelTunables= uncovers the host's). With
	// --merge it does not, and the machine's id keeps other hosts' journals out.
	args := []string{"--follow", "--merge", "--quiet", "--no-pager", "--output=json", "--output-fields=" + journalFields}
	if id, _, err := f.Root.Self().ReadFile("/etc/machine-id", 2*machineID, nil); err == nil && len(id) >= machineID {
		args = append(args, "_MACHINE_ID="+string(id[:machineID]))
	}
	if f.cursor == "" {
		args = append(args, "--lines=0")
	} else {
		args = append(args, "--lines=all", "--after-cursor="+f.cursor)
	}
	args = append(args, identifiers(f.SELinux)...)
	cmd := exec.CommandContext(ctx, "journalctl", args...) //nolint:gosec // no shell; the cursor is journald's own text
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	f.records(out)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("journalctl ended: %w", err)
	}
	return errors.New("journalctl ended")
}

// records hands on the records of a journalctl until its output ends.
func (f *Follower) records(out io.Reader) {
	lines := bufio.NewReaderSize(out, followLine)
	for {
		line, err := lines.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) { // passed over, with its end
			line = nil
			_, err = lines.ReadSlice('\n')
		}
		if err != nil {
			return
		}
		e, cursor, ok := serverlog.Record(line)
		if ok {
			e.Source = "journal"
			f.Entry(&e)
		}
		if cursor != "" {
			f.cursor = cursor
		}
	}
}

// followed is a file and how far it was read.
type followed struct {
	kind
	name string
	// ino is the file's that was read last, up to the offset; 0 before there was one.
	ino    uint64
	offset int64
}

// followFiles reads what is added to the files of syslog and of the FTP servers.
func (f *Follower) followFiles(ctx context.Context) error {
	v := f.Root.Self()
	var files []*followed
	for _, k := range slices.Concat(sshdLogs, otherLogs, ftpLogs) {
		file := &followed{kind: k, name: k.dir + "/" + k.base}
		if info, err := v.Stat(file.name); err == nil {
			file.ino, file.offset = info.Ino, info.Size
		}
		files = append(files, file)
	}
	// Where there is a file for logins, the one for everything holds no other ones.
	if files[0].ino != 0 || files[1].ino != 0 {
		files = slices.Delete(files, len(sshdLogs), len(sshdLogs)+len(otherLogs))
	}
	for pause(ctx, followPoll) {
		for _, file := range files {
			for e := range file.read(file.more(v), time.Now(), f.Zone) {
				e.Source = file.name
				f.Entry(&e)
			}
		}
	}
	return ctx.Err()
}

// more returns the whole lines that were added since the last call. A file that was
// rotated is read to its end under its new name, one that was cut from its beginning.
func (f *followed) more(v *hostfs.View) string {
	info, err := v.Stat(f.name)
	if err != nil || info.Type != hostfs.Regular || info.Ino == f.ino && info.Size == f.offset {
		return ""
	}
	rest := ""
	if info.Ino != f.ino {
		if old, err := v.Stat(f.name + ".1"); err == nil && old.Ino == f.ino {
			rest = f.from(v, f.name+".1")
		}
		f.ino, f.offset = info.Ino, 0
	}
	if info.Size < f.offset {
		f.offset = 0
	}
	return rest + f.from(v, f.name)
}

// from reads whole lines from the offset on, which it moves.
func (f *followed) from(v *hostfs.View, name string) string {
	data, _, err := v.ReadFrom(name, f.offset, followStep)
	if err != nil {
		return ""
	}
	end := bytes.LastIndexByte(data, '\n') + 1
	f.offset += int64(end)
	if end == 0 && len(data) == followStep {
		f.offset += followStep // no line of sshd is that long
	}
	return string(data[:end])
}
