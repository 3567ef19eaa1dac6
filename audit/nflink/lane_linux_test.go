package nflink

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sshaudit/audit/netfilter"
)

// A lane is a server and a client in network namespaces of their own, joined by
// a cable. The server listens on a few ports; the client has many addresses.
type lane struct {
	server, client *namespace
	closers        []func()
}

// The cast of every lane.
var (
	serverAddrs = []string{"192.0.2.1/24", "192.0.2.2/24", "2001:db8::1/64"}
	clientAddrs = []string{
		"192.0.2.10/24", "192.0.2.66/24", "198.51.100.7/32", "198.51.100.200/32", "203.0.113.5/32", "10.1.2.3/32", "172.16.5.5/32",
		"2001:db8::10/64", "2001:db8::66/64", "2001:db8:1::7/128", "2001:db8:2:3::5/128", "fd00::9/128",
	}
	ports = []uint16{22, 80, 443, 2222, 8080}
)

const serverMAC, clientMAC = "02:00:00:00:00:01", "02:00:00:00:00:02"

// namespace is a network namespace and a thread that lives in it.
type namespace struct {
	name string
	fd   int
	work chan func()
}

var laneCount atomic.Int32

// needRoot ends a test that cannot make namespaces here.
func needRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		leave(t, "making network namespaces needs root")
	}
}

// leave skips a test for a plain reason, or fails it where nothing may be skipped.
func leave(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

var packages = sync.OnceValue(func() error {
	updated := false
	for program, pkg := range map[string]string{"nft": "nftables", "iptables-nft-save": "iptables", "ipset": "ipset", "ufw": "ufw", "fail2ban-server": "fail2ban", "ip": "iproute2"} {
		if _, err := exec.LookPath(program); err == nil {
			continue
		}
		if !updated {
			updated = true
			if out, err := exec.Command("apt-get", "update", "-qq").CombinedOutput(); err != nil {
				return fmt.Errorf("update the package lists: %w\n%s", err, out)
			}
		}
		cmd := exec.Command("apt-get", "install", "-y", "-qq", pkg)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("install %s: %w\n%s", pkg, err, out)
		}
	}
	return nil
})

// needPrograms installs what the tests load rules with.
func needPrograms(t testing.TB) {
	t.Helper()
	needRoot(t)
	if err := packages(); err != nil {
		leave(t, err.Error())
	}
}

func newNamespace(t testing.TB) *namespace {
	t.Helper()
	n := &namespace{name: fmt.Sprintf("sshaudit-test-%d-%d", os.Getpid(), laneCount.Add(1)), work: make(chan func())}
	run(t, "ip", "netns", "add", n.name)
	fd, err := unix.Open("/run/netns/"+n.name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	n.fd = fd
	ready := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		ready <- unix.Setns(fd, unix.CLONE_NEWNET)
		for f := range n.work {
			f()
		}
	}()
	if err := <-ready; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		close(n.work)
		_ = unix.Close(fd)
		_ = exec.Command("ip", "netns", "del", n.name).Run()
	})
	return n
}

// do runs f on the namespace's thread.
func (n *namespace) do(f func()) {
	done := make(chan struct{})
	n.work <- func() { defer close(done); f() }
	<-done
}

// run runs a command in the namespace and returns what it printed.
func (n *namespace) run(stdin string, args ...string) (string, error) {
	var out []byte
	var err error
	n.do(func() {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stdin = strings.NewReader(stdin)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err = cmd.Output()
		if err != nil {
			err = fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, stderr.String())
		}
	})
	return string(out), err
}

func (n *namespace) must(t testing.TB, stdin string, args ...string) string {
	t.Helper()
	out, err := n.run(stdin, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func run(t testing.TB, args ...string) {
	t.Helper()
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func newLane(t testing.TB) *lane {
	t.Helper()
	needPrograms(t)
	l := &lane{server: newNamespace(t), client: newNamespace(t)}
	s, c := l.server, l.client
	s.must(t, "", "ip", "link", "add", "eth0", "address", serverMAC, "type", "veth", "peer", "name", "eth0", "address", clientMAC, "netns", c.name)
	for _, a := range serverAddrs {
		addAddr(t, s, a)
	}
	for _, a := range clientAddrs {
		addAddr(t, c, a)
	}
	for _, n := range []*namespace{s, c} {
		for _, key := range []string{"net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.eth0.rp_filter=0", "net.ipv4.icmp_ratelimit=0",
			"net.ipv6.icmp.ratelimit=0", "net.ipv4.icmp_msgs_per_sec=100000", "net.ipv4.icmp_msgs_burst=10000"} {
			name, value, _ := strings.Cut(key, "=")
			n.do(func() {
				_ = os.WriteFile("/proc/sys/"+strings.ReplaceAll(name, ".", "/"), []byte(value), 0)
			})
		}
		n.must(t, "", "ip", "link", "set", "lo", "up")
		n.must(t, "", "ip", "link", "set", "eth0", "up")
	}
	// Neighbours are known for good: a rule set that drops their discovery is not
	// what is asked about.
	for _, a := range []string{"192.0.2.10", "192.0.2.66", "2001:db8::10", "2001:db8::66"} {
		s.must(t, "", "ip", "neigh", "add", a, "lladdr", clientMAC, "dev", "eth0", "nud", "permanent")
	}
	for _, a := range serverAddrs {
		a, _, _ = strings.Cut(a, "/")
		c.must(t, "", "ip", "neigh", "add", a, "lladdr", serverMAC, "dev", "eth0", "nud", "permanent")
	}
	s.must(t, "", "ip", "route", "add", "default", "via", "192.0.2.10")
	s.must(t, "", "ip", "-6", "route", "add", "default", "via", "2001:db8::10")
	s.do(func() { l.listen(t) })
	t.Cleanup(func() {
		for _, f := range l.closers {
			f()
		}
	})
	return l
}

func addAddr(t testing.TB, n *namespace, addr string) {
	t.Helper()
	args := []string{"ip", "addr", "add", addr, "dev", "eth0"}
	if strings.Contains(addr, ":") {
		args = append(args, "nodad")
	}
	n.must(t, "", args...)
}

// listen opens the server's ports. TCP connections are closed at once, datagrams sent back.
func (l *lane) listen(t testing.TB) {
	for _, p := range ports {
		for _, network := range []string{"4", "6"} {
			addr := map[string]string{"4": "0.0.0.0", "6": "[::]"}[network]
			ln, err := net.Listen("tcp"+network, fmt.Sprintf("%s:%d", addr, p))
			if err != nil {
				t.Error(err)
				return
			}
			go serve(ln)
			pc, err := listenUDP(network, p)
			if err != nil {
				t.Error(err)
				return
			}
			l.closers = append(l.closers, func() { _ = ln.Close() }, pc)
		}
	}
}

func serve(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		_ = c.Close()
	}
}

// listenUDP answers from the address that was asked, which needs the packet's
// destination from a control message.
func listenUDP(network string, port uint16) (func(), error) {
	pc, err := net.ListenUDP("udp"+network, &net.UDPAddr{Port: int(port)})
	if err != nil {
		return nil, err
	}
	raw, err := pc.SyscallConn()
	if err != nil {
		return nil, err
	}
	_ = raw.Control(func(fd uintptr) {
		if network == "4" {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_PKTINFO, 1)
		} else {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
		}
	})
	go func() {
		buf, oob := make([]byte, 64), make([]byte, 128)
		for {
			n, on, _, from, err := pc.ReadMsgUDP(buf, oob)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue
			}
			_, _, _ = pc.WriteMsgUDP(buf[:n], replyInfo(oob[:on]), from)
		}
	}()
	return func() { _ = pc.Close() }, err
}

// replyInfo turns the control message of a received datagram into one for its answer.
func replyInfo(oob []byte) []byte {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	for _, m := range msgs {
		switch {
		case m.Header.Level == unix.IPPROTO_IP && len(m.Data) >= 12:
			info := unix.Inet4Pktinfo{Spec_dst: [4]byte(m.Data[8:12])}
			return unix.PktInfo4(&info)
		case m.Header.Level == unix.IPPROTO_IPV6 && len(m.Data) >= 16:
			info := unix.Inet6Pktinfo{Addr: [16]byte(m.Data[:16])}
			return unix.PktInfo6(&info)
		}
	}
	return nil
}

// probe is one connection attempt and what became of it.
type probe struct {
	q    netfilter.Question
	fd   int
	done bool
	got  netfilter.Result
	err  error
}

// connect tries all probes at once and waits for their outcome.
func (l *lane) connect(probes []*probe, patience time.Duration) {
	// Connections of the server to itself start in its own namespace.
	var own, rest []*probe
	for _, p := range probes {
		if p.q.Interface == "lo" {
			own = append(own, p)
		} else {
			rest = append(rest, p)
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { l.server.connect(own, patience) })
	l.client.connect(rest, patience)
	wg.Wait()
}

func (n *namespace) connect(probes []*probe, patience time.Duration) {
	n.do(func() {
		for _, p := range probes {
			p.start()
		}
		deadline := time.Now().Add(patience)
		for {
			var fds []unix.PollFd
			var open []*probe
			for _, p := range probes {
				if !p.done {
					events := int16(unix.POLLOUT)
					if p.q.Proto == netfilter.UDP {
						events = unix.POLLIN
					}
					fds = append(fds, unix.PollFd{Fd: int32(p.fd), Events: events})
					open = append(open, p)
				}
			}
			left := time.Until(deadline)
			if len(fds) == 0 || left <= 0 {
				break
			}
			if _, err := unix.Poll(fds, int(left.Milliseconds())+1); err != nil && !errors.Is(err, unix.EINTR) {
				break
			}
			for i, p := range open {
				if fds[i].Revents != 0 {
					p.finish(fds[i].Revents)
				}
			}
		}
		for _, p := range probes {
			if !p.done {
				p.got, p.done = netfilter.Dropped, true
			}
			if p.fd >= 0 {
				_ = unix.SetsockoptLinger(p.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
				_ = unix.Close(p.fd)
			}
		}
	})
}

func sockaddr(a netip.Addr, port uint16) unix.Sockaddr {
	if a.Is4() {
		return &unix.SockaddrInet4{Addr: a.As4(), Port: int(port)}
	}
	return &unix.SockaddrInet6{Addr: a.As16(), Port: int(port)}
}

func (p *probe) start() {
	p.done, p.got, p.err, p.fd = false, netfilter.Unknown, nil, -1
	fail := func(err error) { p.done, p.err = true, err }
	af, kind := unix.AF_INET, unix.SOCK_STREAM
	if p.q.From.Is6() {
		af = unix.AF_INET6
	}
	if p.q.Proto == netfilter.UDP {
		kind = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(af, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		fail(err)
		return
	}
	p.fd = fd
	if err := unix.Bind(fd, sockaddr(p.q.From, 0)); err != nil {
		fail(err)
		return
	}
	if err := unix.Connect(fd, sockaddr(p.q.To, p.q.Port)); err != nil && !errors.Is(err, unix.EINPROGRESS) {
		p.outcome(err)
		return
	}
	if p.q.Proto == netfilter.UDP {
		if _, err := unix.Write(fd, []byte("hello")); err != nil {
			p.outcome(err)
		}
	}
}

func (p *probe) finish(revents int16) {
	n, err := unix.GetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err != nil:
		p.outcome(err)
	case n != 0:
		p.outcome(syscall.Errno(n))
	case p.q.Proto == netfilter.UDP && revents&unix.POLLIN == 0:
	default:
		p.outcome(nil)
	}
}

func (p *probe) outcome(err error) {
	p.done, p.err = true, nil
	switch {
	case err == nil:
		p.got = netfilter.Accepted
	case errors.Is(err, unix.EPERM):
		p.got = netfilter.Dropped // an own packet that an output chain drops
	case errors.Is(err, unix.ECONNREFUSED), errors.Is(err, unix.EHOSTUNREACH), errors.Is(err, unix.ENETUNREACH), errors.Is(err, unix.EACCES), errors.Is(err, unix.ENOPROTOOPT), errors.Is(err, unix.ECONNRESET):
		p.got = netfilter.Rejected
	default:
		p.err = err
	}
}
