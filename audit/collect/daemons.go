package collect

import (
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
)

// ftpPrograms are the FTP daemons that are known, by the name of their program.
// Debian builds Pure-FTPd once for each source of accounts.
var ftpPrograms = map[string]string{
	"vsftpd": "vsftpd", "proftpd": "proftpd", "pure-ftpd": "pure-ftpd",
	"pure-ftpd-ldap": "pure-ftpd", "pure-ftpd-mysql": "pure-ftpd", "pure-ftpd-postgresql": "pure-ftpd",
}

// deleted is what the kernel adds to the name of a file that is gone (proc_pid_exe(5)).
const deleted = " (deleted)"

// ftpConfigs are the files of a daemon's configuration as Debian and Red Hat keep
// them, as patterns.
var ftpConfigs = map[string][]string{
	"vsftpd":    {"/etc/vsftpd.conf", "/etc/vsftpd/*.conf"},
	"proftpd":   {"/etc/proftpd.conf", "/etc/proftpd/*.conf", "/etc/proftpd/conf.d/*.conf"},
	"pure-ftpd": {"/etc/pure-ftpd/pure-ftpd.conf", "/etc/pure-ftpd/conf/*", "/etc/pure-ftpd/auth/*"},
}

// readDaemons notes the running daemons of SSH and FTP that accept connections.
func (c *Collector) readDaemons(v *hostfs.View, s *facts.Services) {
	for _, server := range c.host.Servers {
		if server.Running {
			d := facts.Daemon{Service: facts.ServiceSSH, Program: "sshd", PID: server.PID, Args: server.Args, Binary: server.Binary}
			c.aboutProcess(&d)
			s.Daemons = append(s.Daemons, d)
		}
	}
	masters := make(map[int]bool)
	for _, pid := range c.processes() {
		d, parent, ok := readFTP(pid)
		if !ok {
			continue
		}
		masters[pid] = true
		if !masters[parent] { // the others serve one connection each
			c.aboutProcess(&d)
			c.newestConfig(v, &d)
			s.Daemons = append(s.Daemons, d)
		}
	}
}

// newestConfig notes the newest file of an FTP daemon's configuration. A file that
// vsftpd was started with is the only one.
func (c *Collector) newestConfig(v *hostfs.View, d *facts.Daemon) {
	var names []string
	for _, pattern := range ftpConfigs[d.Program] {
		if found, err := v.Glob(pattern, maxIncluded); err == nil { // what is not there was not read either
			names = append(names, found...)
		}
	}
	if d.Program == "vsftpd" && len(d.Args) > 0 && strings.HasPrefix(d.Args[0], "/") {
		names = d.Args[:1]
	}
	for _, name := range names {
		if info, err := v.Stat(name); err == nil && info.Modified().After(d.Newest) {
			d.Newest, d.NewestFile = info.Modified(), name
		}
	}
}

// readFTP reads one process; ok tells that it is an FTP daemon of this host, or a
// child of one that serves a connection.
func readFTP(pid int) (d facts.Daemon, parent int, ok bool) {
	dir := filepath.Join(procDir, strconv.Itoa(pid))
	title := strings.TrimRight(kernelText(dir+"/cmdline"), "\x00")
	program, ok := ftpPrograms[titleProgram(title)]
	if !ok {
		return d, 0, false
	}
	status := kernelText(dir + "/status")
	if !startedByRoot(status) {
		return d, 0, false
	}
	if root, err := os.Readlink(dir + "/root"); err == nil && root != "/" {
		return d, 0, false // in a chroot: it serves other files, or one connection
	}
	d = facts.Daemon{Service: facts.ServiceFTP, Program: program, PID: pid, Binary: "/usr/sbin/" + titleProgram(title)}
	if args := strings.Split(title, "\x00"); len(args) > 1 {
		d.Args = args[1:]
	}
	parent, _ = strconv.Atoi(statusField(status, "PPid"))
	return d, parent, true
}

// titleProgram is the name of the program in a process title: what was started,
// "proftpd: (accepting connections)" or "pure-ftpd (SERVER)".
func titleProgram(title string) string {
	first, _, _ := strings.Cut(title, "\x00")
	first, _, _ = strings.Cut(first, " ")
	return path.Base(strings.TrimSuffix(first, ":"))
}

// aboutProcess fills in what /proc tells of a daemon, as far as it may be seen.
func (c *Collector) aboutProcess(d *facts.Daemon) {
	dir := filepath.Join(procDir, strconv.Itoa(d.PID))
	if exe, err := os.Readlink(dir + "/exe"); err == nil {
		d.Binary, d.Replaced = strings.CutSuffix(exe, deleted)
	}
	if d.Replaced && d.Service == facts.ServiceSSH {
		d.Was = runningRelease(dir)
	}
	d.Started, d.Stopped = processState(kernelText(dir+"/stat"), bootTime())
	ours, err := os.Readlink(procDir + "/self/ns/net")
	if theirs, errTheirs := os.Readlink(dir + "/ns/net"); err == nil && errTheirs == nil {
		d.OtherNetwork = ours != theirs
	}
	d.Unit = unitOf(kernelText(dir + "/cgroup"))
}

// runningRelease reads the release of a program whose file was replaced from what
// still runs of it.
func runningRelease(dir string) audit.OpenSSH {
	f, err := os.Open(dir + "/exe")
	if err != nil {
		return audit.OpenSSH{}
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, binarySize))
	if err != nil {
		return audit.OpenSSH{}
	}
	return ownRelease(data)
}

// clockTick is the unit of times in /proc, whatever the kernel's own (USER_HZ).
const clockTick = 10 * time.Millisecond

// bootTime is the moment from which the kernel counts the starts of processes;
// zero if that is not known.
func bootTime() time.Time {
	var up unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &up); err != nil {
		return time.Time{}
	}
	return time.Now().Add(-time.Duration(up.Nano()))
}

// processState reads when a process began and whether it is held, from
// /proc/PID/stat (proc_pid_stat(5)). The name in it may hold anything.
func processState(stat string, boot time.Time) (started time.Time, stopped bool) {
	f := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(f) < 20 || boot.IsZero() {
		return started, false
	}
	ticks, err := strconv.ParseInt(f[19], 10, 64)
	if err == nil {
		started = boot.Add(time.Duration(ticks) * clockTick)
	}
	return started, f[0] == "T" || f[0] == "t"
}

// startedByRoot tells from the status of a process that root started it (ProFTPD
// lays its effective rights down) and that it lives in our own pid namespace.
func startedByRoot(status string) bool {
	real, _, _ := strings.Cut(statusField(status, "Uid"), "\t")
	return real == "0" && len(strings.Fields(statusField(status, "NSpid"))) == 1
}

// statusField returns the value of a line of /proc/PID/status.
func statusField(status, name string) string {
	for line := range strings.Lines(status) {
		if key, value, _ := strings.Cut(line, ":"); key == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// unitOf returns the systemd unit in the text of /proc/PID/cgroup: the first
// part of the path below the slices (systemd's cg_path_get_unit).
func unitOf(text string) string {
	for line := range strings.Lines(text) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) != 3 || f[0] != "0" && f[1] != "name=systemd" {
			continue
		}
		for part := range strings.SplitSeq(f[2], "/") {
			if strings.HasSuffix(part, ".slice") {
				continue
			}
			if i := strings.LastIndexByte(part, '.'); i > 0 && slices.Contains([]string{"service", "socket", "scope"}, part[i+1:]) {
				return part
			}
		}
	}
	return ""
}
