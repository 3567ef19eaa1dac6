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
)

// listener is a running sshd that accepts connections.
type listener struct {
	pid    int
	binary string
	// args are the listener's arguments without the program's name.
	args    []string
	started time.Time
}

const (
	procDir = "/proc"
	// maxProcesses bounds the processes that are looked at.
	maxProcesses = 65536
	// procText bounds one text of a process, in bytes. Its title is its own to choose.
	procText = 64 << 10
)

// listeners finds the running sshds of this host by their process title, which
// sshd sets to "sshd: ARGUMENTS [listener] N of M startups" since 8.2 (sshd.c
// prepare_proctitle), and which nobody but root can set for uid 0. It needs no
// right over other processes: what only root may see of them is optional.
func (c *Collector) listeners() []listener {
	var list []listener
	for _, pid := range c.processes() {
		if l, ok := readListener(pid); ok {
			list = append(list, l)
		}
	}
	return list
}

// processes lists the processes that are seen here, in the order of their numbers.
func (c *Collector) processes() []int {
	dir, err := os.Open(procDir)
	if err != nil {
		c.missing(procDir, "%v", err)
		return nil
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(maxProcesses)
	if err != nil {
		c.missing(procDir, "%v", err)
	}
	var list []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			list = append(list, pid)
		}
	}
	slices.Sort(list)
	return list
}

// systemdRuns tells whether systemd is the init system (sd_booted(3)).
func systemdRuns() bool {
	info, err := os.Lstat("/run/systemd/system")
	return err == nil && info.IsDir()
}

// readListener reads one process; ok tells that it is an sshd of this host that listens.
func readListener(pid int) (l listener, ok bool) {
	dir := filepath.Join(procDir, strconv.Itoa(pid))
	args, ok := listenerTitle(kernelText(dir + "/cmdline"))
	if !ok || !ours(kernelText(dir+"/status")) {
		return l, false
	}
	if root, err := os.Readlink(dir + "/root"); err == nil && root != "/" {
		return l, false // in a chroot: it serves other files
	}
	l = listener{pid: pid, binary: args[0], args: args[1:]}
	if exe, err := os.Readlink(dir + "/exe"); err == nil {
		l.binary = strings.TrimSuffix(exe, " (deleted)")
	}
	if info, err := os.Lstat(dir); err == nil {
		l.started = info.ModTime()
	}
	return l, true
}

// ours tells from the status of a process that it belongs to root and lives in
// our own pid namespace, not in a container's (proc_pid_status(5) NSpid).
func ours(status string) bool {
	root, same := false, false
	for line := range strings.Lines(status) {
		key, value, _ := strings.Cut(line, ":")
		switch f := strings.Fields(value); key {
		case "Uid":
			root = len(f) > 1 && f[1] == "0"
		case "NSpid":
			same = len(f) == 1
		}
	}
	return root && same
}

// kernelText reads a text of /proc, empty if it is gone. It is the kernel's own
// file system, which cannot stall and has neither links nor sizes to believe in.
func kernelText(name string) string {
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, procText))
	if err != nil {
		return ""
	}
	return string(data)
}

// listenerTitle returns the arguments in the title of a listening sshd.
func listenerTitle(title string) ([]string, bool) {
	text, ok := strings.CutPrefix(strings.TrimRight(title, "\x00"), "sshd: ")
	if !ok {
		return nil, false
	}
	text, _, ok = strings.Cut(text, " [listener]")
	args := strings.Fields(text)
	if !ok || len(args) == 0 || !strings.HasPrefix(path.Base(args[0]), "sshd") {
		return nil, false
	}
	return args, true
}
