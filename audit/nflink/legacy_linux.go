package nflink

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"sshaudit/audit/netfilter"
)

// Socket options of ip_tables and ip6_tables (linux/netfilter_ipv4/ip_tables.h).
const (
	optGetInfo    = 64
	optGetEntries = 65
	tableNameLen  = 32
	sizeofInfo    = tableNameLen + 4*(1+5+5+2)
	// maxBlob bounds a table: the kernel itself refuses more than INT_MAX.
	maxBlob = 256 << 20
)

// legacy reads the tables of ip_tables and ip6_tables that exist. Asking for one
// that does not would create it and hook it in, so only the listed ones are read.
func (s *session) legacy(rs *netfilter.Ruleset) error {
	for _, p := range []struct {
		f         netfilter.Family
		level, af int
		list      string
	}{
		{netfilter.IPv4, unix.SOL_IP, unix.AF_INET, "ip_tables_names"},
		{netfilter.IPv6, unix.SOL_IPV6, unix.AF_INET6, "ip6_tables_names"},
	} {
		names, err := s.tableNames(p.list)
		if err != nil || len(names) == 0 {
			if err != nil {
				rs.Missing = append(rs.Missing, "iptables-legacy: "+err.Error())
			}
			continue
		}
		if err := s.inNamespace(func() error { return readTables(rs, p.f, p.af, p.level, names) }); err != nil {
			return err
		}
	}
	return nil
}

// tableNames reads the list of legacy tables; a missing file means that the
// kernel has none.
func (s *session) tableNames(file string) ([]string, error) {
	var b []byte
	err := s.inNamespace(func() (err error) {
		b, err = os.ReadFile("/proc/thread-self/net/" + file)
		return err
	})
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return strings.Fields(string(b)), err
}

// inNamespace runs f in the session's network namespace.
func (s *session) inNamespace(f func() error) error {
	if s.netns == 0 {
		return f()
	}
	done := make(chan error, 1)
	go func() {
		// The thread is not unlocked: it ends with the goroutine rather than
		// carry the namespace on.
		runtime.LockOSThread()
		if err := unix.Setns(s.netns, unix.CLONE_NEWNET); err != nil {
			done <- fmt.Errorf("enter the network namespace: %w", err)
			return
		}
		done <- f()
	}()
	return <-done
}

func readTables(rs *netfilter.Ruleset, f netfilter.Family, af, level int, names []string) error {
	fd, err := unix.Socket(af, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return fmt.Errorf("open a raw socket for iptables-legacy: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	for _, name := range names {
		if len(name) >= tableNameLen {
			continue
		}
		t, err := readTable(fd, level, f, name)
		if err != nil {
			return err
		}
		rs.Tables = append(rs.Tables, t)
	}
	return nil
}

// readTable asks for the size of a table and then for its entries; EAGAIN means
// that it changed between the two.
func readTable(fd, level int, f netfilter.Family, name string) (*netfilter.Table, error) {
	info := make([]byte, sizeofInfo)
	copy(info, name)
	if err := getsockopt(fd, level, optGetInfo, info); err != nil {
		return nil, fmt.Errorf("read legacy table %s: %w", name, err)
	}
	word := func(i int) uint32 { return binary.NativeEndian.Uint32(info[tableNameLen+4*i:]) }
	var li netfilter.LegacyInfo
	li.ValidHooks = word(0)
	for i := range 5 {
		li.HookEntry[i], li.Underflow[i] = word(1+i), word(6+i)
	}
	size := word(12)
	if size > maxBlob {
		return nil, fmt.Errorf("read legacy table %s: %d bytes are too many", name, size)
	}
	// struct ipt_get_entries: the name, the size, padding to 8, the entries.
	buf := make([]byte, 40+int(size))
	copy(buf, name)
	binary.NativeEndian.PutUint32(buf[tableNameLen:], size)
	if err := getsockopt(fd, level, optGetEntries, buf); err != nil {
		if errors.Is(err, unix.EAGAIN) {
			return nil, errMoved
		}
		return nil, fmt.Errorf("read legacy table %s: %w", name, err)
	}
	return netfilter.LegacyTable(f, name, li, buf[40:])
}

func getsockopt(fd, level, name int, b []byte) error {
	n := uint32(len(b))
	_, _, e := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(unsafe.Pointer(&b[0])), uintptr(unsafe.Pointer(&n)), 0)
	if e != 0 {
		return e
	}
	return nil
}
