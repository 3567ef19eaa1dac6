package collect

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/dbus"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/serverlog"
)

// maxUnits bounds the units that are asked about one by one.
const maxUnits = 64

// unitNames are what distributions call the units of these services; an alias
// answers with the name that it stands for.
var unitNames = []string{
	"ssh.service", "ssh.socket", "sshd.service", "sshd.socket",
	"vsftpd.service", "vsftpd.socket", "proftpd.service", "proftpd.socket",
	"pure-ftpd.service", "pure-ftpd.socket", "pure-ftpd-ldap.service", "pure-ftpd-mysql.service", "pure-ftpd-postgresql.service",
}

// unitPatterns find loaded units that an administrator named.
var unitPatterns = []string{"*ssh*.service", "*ssh*.socket", "*ftpd*.service", "*ftpd*.socket"}

// readUnits asks systemd for the units of SSH and FTP.
func (c *Collector) readUnits(ctx context.Context, s *facts.Services) {
	if !systemdRuns() {
		s.NoSystemd, s.UnitsUnknown = true, "systemd does not run here"
		return
	}
	ctx, cancel := context.WithTimeout(ctx, busPatience)
	defer cancel()
	conn, err := systemdBus(ctx)
	if err == nil {
		defer conn.Close()
		err = c.askUnits(ctx, conn, s)
	}
	if err != nil {
		s.Units, s.UnitsUnknown = nil, "systemd gave no answer: "+audit.Untrusted(err.Error()).String()
		c.missing("systemd", "%s; whether units run was not looked at", s.UnitsUnknown)
	}
}

// askUnits reads every unit that is about one of the services.
func (c *Collector) askUnits(ctx context.Context, conn *dbus.Conn, s *facts.Services) error {
	names := slices.Clone(unitNames)
	for i := range s.Daemons {
		if u := s.Daemons[i].Unit; strings.HasSuffix(u, ".service") {
			names = append(names, u)
		}
	}
	known, err := conn.ListUnitsByNamesContext(ctx, names)
	if err != nil {
		return err
	}
	loaded, err := conn.ListUnitsByPatternsContext(ctx, nil, unitPatterns)
	if err != nil {
		return err
	}
	seen := make(map[string]bool)
	services := make(map[string]string)
	var sockets []facts.Unit
	for _, status := range append(known, loaded...) {
		if status.LoadState == "not-found" || seen[status.Name] || len(seen) > maxUnits {
			continue
		}
		seen[status.Name] = true
		properties, err := conn.GetAllPropertiesContext(ctx, status.Name)
		if err != nil {
			return err
		}
		u := readUnit(status.Name, properties)
		if strings.HasSuffix(u.Name, ".socket") {
			sockets = append(sockets, u)
			continue
		}
		program, session := unitProgram(properties)
		if u.Service = serviceNamed(program, u.Name); u.Service == "" || c.leftBehind(properties) {
			continue
		}
		services[u.Name] = u.Service
		if session {
			continue // it serves one connection
		}
		if u.Active == "failed" || u.Sub == "auto-restart" {
			u.Words = c.lastWords(ctx, u.Name, properties)
		}
		s.Units = append(s.Units, u)
	}
	for _, u := range sockets {
		if u.Service = socketService(&u, services); u.Service != "" && len(u.Listen) > 0 {
			s.Units = append(s.Units, u)
		}
	}
	return nil
}

// leftBehind tells that a unit was made from the init script of a package whose
// program was removed; the script stays as configuration and does nothing.
func (c *Collector) leftBehind(properties map[string]any) bool {
	script := path.Base(property[string](properties, "SourcePath"))
	if !strings.HasPrefix(property[string](properties, "SourcePath"), "/etc/init.d/") {
		return false
	}
	if script == "ssh" {
		script = "sshd"
	}
	_, err := c.root.Self().Stat("/usr/sbin/" + script)
	return errors.Is(err, fs.ErrNotExist)
}

// serviceNamed is the service of a unit by the program that it starts, or, where
// it starts none as a masked unit, by its name.
func serviceNamed(program, name string) string {
	if program == "" {
		program, _, _ = strings.Cut(strings.TrimSuffix(name, path.Ext(name)), "@")
	}
	switch {
	case program == "sshd", program == "ssh" && name != "":
		return facts.ServiceSSH
	case ftpPrograms[strings.TrimPrefix(strings.TrimSuffix(program, "-wrapper"), "in.")] != "":
		return facts.ServiceFTP
	}
	return ""
}

// socketService is the service of a socket unit: that of the unit which it starts,
// a template's by the name.
func socketService(u *facts.Unit, services map[string]string) string {
	for _, name := range u.Triggers {
		if service := services[name]; service != "" {
			return service
		}
	}
	return serviceNamed("", u.Name)
}

// readUnit picks what is used of a unit's properties (org.freedesktop.systemd1(5)).
func readUnit(name string, properties map[string]any) facts.Unit {
	u := facts.Unit{
		Name: name, Load: property[string](properties, "LoadState"), Active: property[string](properties, "ActiveState"),
		Sub: property[string](properties, "SubState"), Enabled: property[string](properties, "UnitFileState"),
		Result: property[string](properties, "Result"), Restarts: property[uint32](properties, "NRestarts"),
		MainPID: property[uint32](properties, "MainPID"), NeedReload: property[bool](properties, "NeedDaemonReload"),
		TasksMax: bounded64(properties, "TasksMax"), TasksCurrent: bounded64(properties, "TasksCurrent"),
		Triggers: property[[]string](properties, "Triggers"), Cgroup: property[string](properties, "ControlGroup"),
	}
	if at := property[uint64](properties, "StateChangeTimestamp"); at != 0 && at < math.MaxInt64 {
		u.Since = time.UnixMicro(int64(at))
	}
	for _, l := range property[[][]any](properties, "Listen") {
		if len(l) != 2 || l[0] != "Stream" {
			continue
		}
		// A socket of the file system or of a virtual machine's host is nobody's port.
		if address, ok := l[1].(string); ok && !strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "@") &&
			!strings.HasPrefix(address, "vsock:") {
			u.Listen = append(u.Listen, address)
		}
	}
	return u
}

// property returns a property of a type; the zero value if the unit has none.
func property[T any](properties map[string]any, name string) T {
	value, _ := properties[name].(T)
	return value
}

// bounded64 returns a number of which the largest means that there is none.
func bounded64(properties map[string]any, name string) uint64 {
	if n := property[uint64](properties, name); n != math.MaxUint64 {
		return n
	}
	return 0
}

// unitProgram is the name of the program of a unit's ExecStart; session tells
// that it serves the one connection on its standard input.
func unitProgram(properties map[string]any) (program string, session bool) {
	for _, command := range property[[][]any](properties, "ExecStart") {
		if len(command) < 2 {
			continue
		}
		file, _ := command[0].(string)
		args, _ := command[1].([]string)
		program = path.Base(file)
		session = property[string](properties, "StandardInput") == "socket" ||
			program == "sshd" && slices.ContainsFunc(args[min(1, len(args)):], func(a string) bool { return a == "-i" })
	}
	return program, session
}

const (
	// maxWords bounds the lines of a failed unit, wordSize each of them in bytes.
	maxWords = 4
	wordSize = 400
)

// lastWords asks the journal for the last lines that root's processes of the
// unit's last start wrote.
func (c *Collector) lastWords(ctx context.Context, name string, properties map[string]any) []audit.Untrusted {
	args := []string{
		"--quiet", "--no-pager", "--reverse", "--output=json", "--output-fields=MESSAGE", "--lines=" + strconv.Itoa(maxWords),
		"_UID=0", "_SYSTEMD_UNIT=" + name,
	}
	if id := property[[]byte](properties, "InvocationID"); len(id) == 16 {
		args = append(args, "_SYSTEMD_INVOCATION_ID="+hex.EncodeToString(id))
	}
	text, err := journalctl(ctx, args)
	if err != nil {
		c.missing("journal", "why %s failed was not found out: %v", name, err)
		return nil
	}
	var words []audit.Untrusted
	for m := range serverlog.Messages(text) {
		words = append(words, m[:min(len(m), wordSize)])
	}
	slices.Reverse(words)
	return words
}
