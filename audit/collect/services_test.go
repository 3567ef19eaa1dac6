package collect

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"testing"

	"sshaudit/audit/facts"
	"sshaudit/audit/sockdiag"
)

// TestListenersAreThoseOfTheKernel opens sockets of every kind and finds each
// with the families that can really connect to it, by both ways of asking.
func TestListenersAreThoseOfTheKernel(t *testing.T) {
	type kind struct {
		network, address string
		v4, v6, loopback bool
	}
	for _, k := range []kind{
		{"tcp4", "127.0.0.1:0", true, false, true},
		{"tcp4", "0.0.0.0:0", true, false, false},
		{"tcp6", "[::1]:0", false, true, true},
		{"tcp6", "[::]:0", false, true, false},
		{"tcp", "[::]:0", true, true, false},
	} {
		var lc net.ListenConfig
		l, err := lc.Listen(t.Context(), k.network, k.address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		port := netip.MustParseAddrPort(l.Addr().String()).Port()

		s := &facts.Services{}
		c := &Collector{host: &facts.Host{}}
		c.readListeners(s)
		found := s.On(int(port))
		if !s.Listened || len(found) != 1 {
			t.Fatalf("%s %s: %d sockets found, complete %v", k.network, k.address, len(found), s.Listened)
		}
		f := found[0]
		if f.V4 != k.v4 || f.V6 != k.v6 || f.V4Unknown || f.Loopback() != k.loopback || f.UID != uint32(os.Geteuid()) || f.Inode == 0 {
			t.Errorf("%s %s: %+v", k.network, k.address, *f)
		}
		for _, family := range []string{"127.0.0.1", "::1"} {
			to := netip.AddrPortFrom(netip.MustParseAddr(family), port)
			var d net.Dialer
			conn, err := d.DialContext(t.Context(), "tcp", to.String())
			if err == nil {
				_ = conn.Close()
			}
			if f.Covers(to) != (err == nil) {
				t.Errorf("%s %s covers %s: %v, connecting: %v", k.network, k.address, to, f.Covers(to), err)
			}
		}

		o := ownership{at: map[uint64]*facts.Listener{f.Inode: f}, left: maxDescriptors}
		o.held(os.Getpid())
		if f.PID != os.Getpid() || f.Program == "" {
			t.Errorf("%s %s: held by %d %q, not by this process", k.network, k.address, f.PID, f.Program)
		}

		table, err := tableSockets()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(table, func(s sockdiag.Socket) bool { return s.Local.Port() == port && s.Inode == f.Inode }) {
			t.Errorf("%s %s is not in the text table", k.network, k.address)
		}
	}
}

func TestSearchForOwnersIsBounded(t *testing.T) {
	o := ownership{at: map[uint64]*facts.Listener{1: {}}, left: 1}
	o.held(os.Getpid())
	if o.left >= 0 {
		t.Errorf("%d descriptors are left of one, and this process has three at least", o.left)
	}
}

func TestUnitIsTheFirstBelowTheSlices(t *testing.T) {
	for text, want := range map[string]string{
		"0::/system.slice/ssh.service\n":                               "ssh.service",
		"0::/system.slice/system-ssh.slice/ssh@1-192.0.2.1.service\n":  "ssh@1-192.0.2.1.service",
		"0::/user.slice/user-1000.slice/user@1000.service/app.slice/x": "user@1000.service",
		"0::/user.slice/user-1000.slice/session-2.scope\n":             "session-2.scope",
		"12:pids:/x.service\n1:name=systemd:/system.slice/a.service\n": "a.service",
		"0::/init.scope\n": "init.scope",
		"0::/\n":           "",
		"":                 "",
	} {
		if got := unitOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestFTPDaemonIsKnownByItsTitle(t *testing.T) {
	for title, want := range map[string]string{
		"/usr/sbin/vsftpd\x00/etc/vsftpd.conf":         "vsftpd",
		"vsftpd: LISTENER":                             "vsftpd",
		"proftpd: (accepting connections)\x00\x00\x00": "proftpd",
		"pure-ftpd (SERVER)":                           "pure-ftpd",
		"/bin/cat\x00/usr/sbin/vsftpd":                 "cat",
		"":                                             ".",
	} {
		if got := titleProgram(title); got != want {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
}

func TestOnlyWhatRootStartedIsAnFTPDaemon(t *testing.T) {
	for status, want := range map[string]bool{
		"Uid:\t0\t0\t0\t0\nNSpid:\t7\n":                true,
		"Uid:\t0\t108\t0\t108\nNSpid:\t7\n":            true, // ProFTPD
		"Uid:\t1000\t0\t0\t0\nNSpid:\t7\n":             false,
		"Uid:\t0\t0\t0\t0\nNSpid:\t7\t1\n":             false,
		"Uid:\t1000\t1000\t1000\t1000\nNSpid:\t7\n":    false,
		"Name:\tUid: 0\nUid:\t1\t1\t1\t1\nNSpid:\t7\n": false,
	} {
		if got := startedByRoot(status); got != want {
			t.Errorf("%q: %v", status, got)
		}
	}
}

func TestSocketNumberIsRead(t *testing.T) {
	for target, want := range map[string]uint64{"socket:[" + strconv.Itoa(4711) + "]": 4711, "/dev/null": 0, "socket:[x]": 0, "pipe:[3]": 0} {
		if got := socketInode(target); got != want {
			t.Errorf("%q: %d", target, got)
		}
	}
}
