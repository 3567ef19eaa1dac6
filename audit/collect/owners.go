package collect

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

// maxDescriptors bounds the descriptors that are looked at for the owners of sockets.
const maxDescriptors = 100_000

// initPID is the process that holds the sockets of socket units.
const initPID = 1

// owners ties listening sockets to the processes that hold them: those of the
// known daemons and of systemd first, then, for a port of a service that none of
// them holds, everybody's.
func (c *Collector) owners(s *facts.Services) {
	o := ownership{at: make(map[uint64]*facts.Listener), left: maxDescriptors}
	for i := range s.Listeners {
		o.at[s.Listeners[i].Inode] = &s.Listeners[i]
	}
	for i := range s.Daemons {
		s.Daemons[i].SocketsSeen = o.held(s.Daemons[i].PID)
	}
	o.held(initPID)
	open := make(map[uint64]*facts.Listener)
	for inode, l := range o.at {
		if c.wantedPort(l.Local.Port()) {
			open[inode] = l
		}
	}
	o.at = open
	for _, pid := range c.processes() {
		if len(o.at) == 0 {
			break
		}
		o.held(pid)
	}
	if o.left < 0 {
		c.missing("listening sockets", "more than %d open files: whose sockets they are was not found out for all", maxDescriptors)
	}
}

// ownership is the search for the holders of sockets.
type ownership struct {
	// at are the sockets that are looked for, by their number.
	at map[uint64]*facts.Listener
	// left are the descriptors that may still be looked at.
	left int
}

// held looks at the descriptors of one process; false without the right to see
// them, or when too many were looked at.
func (o *ownership) held(pid int) bool {
	name := filepath.Join(procDir, strconv.Itoa(pid), "fd")
	dir, err := os.Open(name)
	if err != nil {
		return false
	}
	defer func() { _ = dir.Close() }()
	for o.left >= 0 {
		names, err := dir.Readdirnames(1024)
		for _, fd := range names {
			if o.left--; o.left < 0 {
				return false
			}
			target, err := os.Readlink(filepath.Join(name, fd))
			if err != nil {
				continue
			}
			if l := o.at[socketInode(target)]; l != nil && (l.PID == 0 || l.PID == pid) {
				l.PID = pid
				l.Program = audit.Untrusted(strings.TrimSpace(kernelText(filepath.Join(procDir, strconv.Itoa(pid), "comm"))))
				l.Unit = unitOf(kernelText(filepath.Join(procDir, strconv.Itoa(pid), "cgroup")))
				delete(o.at, l.Inode)
			}
		}
		if err != nil {
			return errors.Is(err, io.EOF)
		}
	}
	return false
}

// socketInode reads "socket:[N]"; 0 for anything else.
func socketInode(target string) uint64 {
	text, ok := strings.CutPrefix(target, "socket:[")
	if !ok {
		return 0
	}
	n, err := strconv.ParseUint(strings.TrimSuffix(text, "]"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// ftpPorts are the control ports by convention: FTP, and with implicit TLS.
var ftpPorts = []uint16{21, 990}

// wantedPort tells whether a port is one of a service, so that whoever has it is
// to be named.
func (c *Collector) wantedPort(port uint16) bool {
	if slices.Contains(ftpPorts, port) {
		return true
	}
	return slices.ContainsFunc(c.host.Servers, func(s *facts.Server) bool { return slices.Contains(ports(s), int(port)) })
}
