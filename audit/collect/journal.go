package collect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"

	"sshaudit/audit/serverlog"
)

const (
	// journalPatience bounds the question to the journal.
	journalPatience = 10 * time.Second
	// maxLog bounds what is looked at of one log, in bytes from its end.
	maxLog = 8 << 20
	// maxRecords bounds the records that are asked for, the newest ones; each has
	// some 500 bytes.
	maxRecords = 10000
	// journalDir holds a journal that survives a boot (systemd-journald.service(8)).
	journalDir = "/var/log/journal"
)

// Log reads what sshd logged since a moment, in the order of time: from the
// journal, which tells who wrote, or from the files of syslog; and what FTP servers
// and SELinux say of its clients. The error says why there is none.
func (c *Collector) Log(ctx context.Context, since time.Time) ([]serverlog.Entry, error) {
	list, _ := c.readLogs(ftpLogs, since)
	if c.host.SELinux {
		denied, _ := c.readLogs(auditLogs, since)
		list = append(list, denied...)
	}
	text, err := c.journal(ctx, since)
	if err == nil && len(text) > 0 {
		for e := range serverlog.Journal(text) {
			e.Source = "journal"
			list = append(list, e)
		}
		// The newest came first, also within a second.
		slices.Reverse(list)
		return inOrder(list), nil
	}
	kept, found := c.readLogs(sshdLogs, since)
	if !found {
		kept, found = c.readLogs(otherLogs, since)
	}
	list = append(list, kept...)
	switch {
	case found, len(list) > 0:
		return inOrder(list), nil
	case err != nil:
		return nil, err
	case !c.host.Privileged:
		return nil, errors.New("only root and the group systemd-journal may read the log")
	}
	return nil, nil // nothing was logged
}

// journal asks journalctl: a child process, bounded in time and output. Of
// another root the directory is handed over as a descriptor, so that its path
// cannot lead to the journal of this host. The newest records come first: up to
// systemd 254 --lines would otherwise mean the first ones after --since.
func (c *Collector) journal(ctx context.Context, since time.Time) (string, error) {
	args := []string{
		"--quiet", "--no-pager", "--reverse", "--output=json", "--output-fields=" + journalFields,
		"--since=@" + strconv.FormatInt(since.Unix(), 10), "--lines=" + strconv.Itoa(maxRecords),
	}
	args = append(args, identifiers(c.host.SELinux)...)
	var files []*os.File
	if !c.root.Live() {
		dir, err := c.root.Self().Walk(journalDir)
		if err != nil {
			return "", fmt.Errorf("%s, %s/auth.log and %s/secure are not there (%w)", journalDir, logDir, logDir, err)
		}
		defer dir.Close()
		handed, err := handOver(dir.Fd())
		if err != nil {
			return "", err
		}
		defer func() { _ = handed.Close() }()
		files = []*os.File{handed}
		args = append(args, "--directory=/proc/self/fd/3")
	}
	return journalctl(ctx, args, files...)
}

// journalFields are those of a record that are used.
const journalFields = "MESSAGE,SYSLOG_IDENTIFIER,_PID,_UID,_EXE,_TRANSPORT"

// identifiers are the arguments that choose the records: of sshd and the FTP
// servers, and of the kernel where SELinux decides.
func identifiers(selinux bool) []string {
	names := []string{"sshd", "sshd-session", "sshd-auth", "sftp-server", "internal-sftp", "vsftpd", "proftpd"}
	if selinux {
		names = append(names, "audit", "kernel")
	}
	var args []string
	for _, name := range names {
		args = append(args, "-t", name)
	}
	return args
}

// journalctl runs the program with these arguments and files, the first of which
// is its descriptor 3.
func journalctl(ctx context.Context, args []string, files ...*os.File) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, journalPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "journalctl", args...) //nolint:gosec // no shell, and no argument is anybody's text
	cmd.ExtraFiles = files
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out := &bounded{limit: maxLog}
	cmd.Stdout = out
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("journalctl gave no answer: %w", err)
	}
	return out.String(), nil
}

// handOver copies a descriptor for a child, which gets it without close-on-exec.
func handOver(fd int) (*os.File, error) {
	n, err := syscall.Dup(fd)
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(n)
	return os.NewFile(uintptr(n), journalDir), nil
}
