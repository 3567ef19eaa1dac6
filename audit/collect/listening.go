package collect

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"io"

	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
)

// socketText bounds what is read of a table of sockets: those that listen come first.
const socketText = 4 << 20

// listenState is TCP_LISTEN in the tables of /proc/net.
const listenState = "0A"

// listening returns the TCP ports of this network namespace on which somebody
// listens (proc_net_tcp); nil if the tables could not be read.
func listening() map[int]bool {
	ports := make(map[int]bool)
	read := false
	for _, name := range []string{"tcp", "tcp6"} {
		f, err := os.Open(filepath.Join(procDir, "net", name))
		if err != nil {
			continue
		}
		data, err := io.ReadAll(io.LimitReader(f, socketText))
		_ = f.Close() // read only
		if err != nil {
			return nil
		}
		read = true
		for line := range strings.Lines(string(data)) {
			fields := strings.Fields(line)
			if len(fields) < 4 || fields[3] != listenState {
				continue
			}
			_, hex, _ := strings.Cut(fields[1], ":")
			if port, err := strconv.ParseUint(hex, 16, 16); err == nil {
				ports[int(port)] = true
			}
		}
	}
	if !read {
		return nil
	}
	return ports
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
