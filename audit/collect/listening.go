package collect

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/sockdiag"
)

const (
	// socketText bounds what is read of a table of sockets: those that listen come first.
	socketText = 4 << 20
	// maxSockets bounds the listening sockets that are looked at.
	maxSockets = 65536
	// diagPatience bounds one answer of the kernel.
	diagPatience = 2 * time.Second
)

// readListeners finds the TCP sockets of this network namespace that accept
// connections.
func (c *Collector) readListeners(s *facts.Services) {
	_, err := os.Stat(filepath.Join(procDir, "net", "if_inet6"))
	s.NoIPv6 = os.IsNotExist(err)
	list, err := diagSockets()
	if err != nil {
		list, err = tableSockets()
	}
	if err != nil {
		c.missing("listening sockets", "%v", err)
		return
	}
	if len(list) > maxSockets {
		c.missing("listening sockets", "there are %d; the first %d are looked at", len(list), maxSockets)
		list = list[:maxSockets]
	} else {
		s.Listened = true
	}
	for i := range list {
		s.Listeners = append(s.Listeners, listening(&list[i]))
	}
}

func listening(s *sockdiag.Socket) facts.Listener {
	l := facts.Listener{
		Local: s.Local, Interface: s.Interface, UID: s.UID, Inode: s.Inode, Waiting: s.Waiting, Backlog: s.Backlog,
		Cgroup: s.Cgroup,
	}
	v4, known := s.Serves(false)
	l.V4, l.V4Unknown = v4 && known, !known
	l.V6, _ = s.Serves(true)
	return l
}

// diagSockets asks the kernel by sock_diag(7), which any user may.
func diagSockets() ([]sockdiag.Socket, error) {
	conn, err := netlink.Dial(unix.NETLINK_SOCK_DIAG, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // nothing is left to be sent
	if err := conn.SetDeadline(time.Now().Add(diagPatience)); err != nil {
		return nil, err
	}
	var list []sockdiag.Socket
	for _, family := range []uint8{sockdiag.IPv4, sockdiag.IPv6} {
		answers, err := conn.Execute(netlink.Message{
			Header: netlink.Header{Type: unix.SOCK_DIAG_BY_FAMILY, Flags: netlink.Request | netlink.Dump},
			Data:   sockdiag.Request(family),
		})
		if err != nil {
			return nil, err
		}
		for _, m := range answers {
			s, err := sockdiag.Parse(m.Data)
			if err != nil {
				return nil, err
			}
			list = append(list, s)
		}
	}
	return list, nil
}

// tableSockets reads the kernel's text tables, for kernels without sock_diag.
func tableSockets() ([]sockdiag.Socket, error) {
	var list []sockdiag.Socket
	var first error
	read := false
	for _, name := range []string{"tcp", "tcp6"} {
		f, err := os.Open(filepath.Join(procDir, "net", name))
		if err != nil {
			first = err
			continue
		}
		data, err := io.ReadAll(io.LimitReader(f, socketText))
		_ = f.Close() // read only
		if err != nil {
			return nil, err
		}
		read = true
		list = append(list, sockdiag.Table(string(data))...)
	}
	if !read {
		return nil, first
	}
	return list, nil
}

// sinceReload finds out when a running sshd last read its configuration: it
// writes its pid file at the start and after every reload (sshd.c main).
func (c *Collector) sinceReload(v *hostfs.View, s *facts.Server) {
	name, ok := s.Settings.Text("pidfile")
	if !s.Running || !ok {
		return
	}
	data, info, err := v.ReadFile(name, smallFile, nil)
	if err != nil || strings.TrimSpace(string(data)) != strconv.Itoa(s.PID) {
		return
	}
	if at := info.Modified(); at.After(s.Started) && at.Before(time.Now()) {
		s.Started = at
	}
}
