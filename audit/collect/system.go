package collect

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/hostfs"
)

// smallFile bounds the small files of the system, in bytes.
const smallFile = 1 << 20

// text reads a small file of the system; a missing one is empty.
func (c *Collector) text(v *hostfs.View, path string) string {
	data, _, err := v.ReadFile(path, smallFile, nil)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			c.missing(path, "%v", err)
		}
		return ""
	}
	return string(data)
}

// lines returns the lines of a text that are neither blank nor comments.
func lines(text string) []string {
	var list []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			list = append(list, line)
		}
	}
	return list
}

// hostName is the running host's own name, or what a root's /etc/hostname says.
func (c *Collector) hostName(v *hostfs.View) string {
	if c.root.Live() {
		if name, err := os.Hostname(); err == nil {
			return audit.Untrusted(name).String()
		}
	}
	if names := lines(c.text(v, "/etc/hostname")); len(names) > 0 {
		return audit.Untrusted(names[0]).String()
	}
	return "unknown"
}

// zone reads /etc/localtime: expiry-time without a zone means the host's own.
// Without the file the zone is UTC, as the C library has it.
func (c *Collector) zone(v *hostfs.View) *time.Location {
	data, _, err := v.ReadFile("/etc/localtime", smallFile, nil)
	if err != nil {
		return time.UTC
	}
	zone, err := time.LoadLocationFromTZData("Local", data)
	if err != nil {
		return time.UTC
	}
	return zone
}

// defaultUIDMin is the lowest uid of people where login.defs(5) does not say.
const defaultUIDMin = 1000

func (c *Collector) readLoginDefs(v *hostfs.View) {
	c.host.UIDMin = defaultUIDMin
	for _, line := range lines(c.text(v, "/etc/login.defs")) {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] != "UID_MIN" {
			continue
		}
		if n, err := strconv.ParseUint(f[1], 10, 32); err == nil {
			c.host.UIDMin = uint32(n)
		}
	}
	if c.opts.UIDMin != nil {
		c.host.UIDMin = *c.opts.UIDMin
	}
}

// selinuxEnforced tells whether labels decide: on the running host by the
// kernel's own word, in a root by what would be loaded at boot.
func (c *Collector) selinuxEnforced(v *hostfs.View) bool {
	if c.root.Live() {
		return strings.HasPrefix(kernelText("/sys/fs/selinux/enforce"), "1")
	}
	for _, line := range lines(c.text(v, "/etc/selinux/config")) {
		if value, ok := strings.CutPrefix(line, "SELINUX="); ok {
			return strings.TrimSpace(value) == "enforcing"
		}
	}
	return false
}
