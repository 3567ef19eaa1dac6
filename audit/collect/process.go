package collect

import (
	"path"
	"strconv"
	"strings"
	"time"

	"sshaudit/audit/hostfs"
)

// listener is a running sshd that accepts connections.
type listener struct {
	pid    int
	binary string
	// args are the listener's arguments without the program's name.
	args    []string
	started time.Time
}

// maxProcesses bounds the entries of /proc that are looked at.
const maxProcesses = 65536

// listeners finds the running sshds of this host by their process title, which
// sshd sets to "sshd: ARGUMENTS [listener] N of M startups" since 8.2 (sshd.c
// prepare_proctitle). Processes of containers have another pid namespace.
func (c *Collector) listeners() []listener {
	proc, err := hostfs.Open("/proc")
	if err != nil {
		c.missing("/proc", "%v", err)
		return nil
	}
	defer func() { _ = proc.Close() }()
	v := proc.Self()
	entries, _, err := v.ReadDir("/", maxProcesses)
	if err != nil {
		c.missing("/proc", "%v", err)
		return nil
	}
	own, _ := v.Readlink("/self/ns/pid") // unreadable: every namespace counts as another one
	var list []listener
	for _, e := range entries {
		pid, err := strconv.Atoi(string(e.Name))
		if err != nil {
			continue
		}
		dir := "/" + string(e.Name)
		title, _, err := v.ReadFile(dir+"/cmdline", smallFile, nil)
		if err != nil {
			continue
		}
		args, ok := listenerTitle(string(title))
		if !ok {
			continue
		}
		if ns, err := v.Readlink(dir + "/ns/pid"); err != nil || ns != own {
			continue
		}
		if root, err := v.Readlink(dir + "/root"); err != nil || root != "/" {
			continue // in a chroot: it serves other files
		}
		l := listener{pid: pid, binary: args[0], args: args[1:]}
		if exe, err := v.Readlink(dir + "/exe"); err == nil {
			l.binary = strings.TrimSuffix(string(exe), " (deleted)")
		}
		if info, err := v.Stat(dir); err == nil {
			l.started = info.Modified()
		}
		list = append(list, l)
	}
	return list
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
