package nflink

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"sshaudit/audit/netfilter"
)

// bufferSize holds the largest datagram of a dump; one buffer for all messages
// halves the cost of peeking at each.
const bufferSize = 64 << 10

// patience bounds one netlink exchange.
const patience = 20 * time.Second

// session is one reading: the sockets it needs and what it has learned.
type session struct {
	netns int
	nf    *netlink.Conn
	rt    *netlink.Conn
	// moved is set when a dump was interrupted by a change.
	moved  bool
	ipsets map[string]ipsetResult
}

func open(ctx context.Context, opts Options) (*session, error) {
	s := &session{netns: opts.NetNS, ipsets: map[string]ipsetResult{}}
	var err error
	conf := &netlink.Config{NetNS: opts.NetNS, MessageBufferSize: bufferSize}
	if s.nf, err = netlink.Dial(unix.NETLINK_NETFILTER, conf); err != nil {
		return nil, err
	}
	if s.rt, err = netlink.Dial(unix.NETLINK_ROUTE, conf); err != nil {
		s.close()
		return nil, err
	}
	deadline := time.Now().Add(patience)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	if err := errors.Join(s.nf.SetDeadline(deadline), s.rt.SetDeadline(deadline)); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *session) close() {
	for _, c := range []*netlink.Conn{s.nf, s.rt} {
		if c != nil {
			_ = c.Close()
		}
	}
}

// nfgenmsg is the header of every nfnetlink message: family, version, resource.
func nfgenmsg(f netfilter.Family) []byte { return []byte{byte(f), 0, 0, 0} }

// exchange sends one request of a netfilter subsystem and gathers the answers' payloads.
func (s *session) exchange(subsystem, command uint16, flags netlink.HeaderFlags, payload []byte) ([][]byte, error) {
	msgs, err := s.nf.Execute(netlink.Message{
		Header: netlink.Header{Type: netlink.HeaderType(subsystem<<8 | command), Flags: netlink.Request | flags},
		Data:   payload,
	})
	if err != nil {
		return nil, err
	}
	out := make([][]byte, 0, len(msgs))
	for _, m := range msgs {
		if m.Header.Flags&netlink.DumpInterrupted != 0 {
			s.moved = true
		}
		if m.Header.Type>>8 == netlink.HeaderType(subsystem) {
			out = append(out, m.Data)
		}
	}
	return out, nil
}

// attr encodes one attribute.
func attr(typ uint16, data []byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(4+len(data)))
	b = binary.NativeEndian.AppendUint16(b, typ)
	b = append(b, data...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func zstring(s string) []byte { return append([]byte(s), 0) }
