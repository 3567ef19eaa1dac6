package nflink

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"sshaudit/audit"
	"sshaudit/audit/netfilter"
)

// host reads interfaces, addresses and whether policy routing is in use.
func (s *session) host() (*netfilter.Host, error) {
	h := &netfilter.Host{Route: s.route, RouteLocalnet: s.routeLocalnet, RPFilter: s.rpFilter, Recent: s.recent}
	for _, part := range []struct {
		what    string
		command uint16
		payload []byte
		read    func([]byte)
	}{
		{"interfaces", unix.RTM_GETLINK, make([]byte, unix.SizeofIfInfomsg), func(b []byte) { readLink(h, b) }},
		{"addresses", unix.RTM_GETADDR, make([]byte, unix.SizeofIfAddrmsg), func(b []byte) { readAddr(h, b) }},
		{"routing rules", unix.RTM_GETRULE, make([]byte, unix.SizeofRtMsg), func(b []byte) { readRule(h, b) }},
	} {
		msgs, err := s.rtnetlink(part.command, netlink.Dump, part.payload)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", part.what, err)
		}
		for _, m := range msgs {
			part.read(m)
		}
	}
	linkLowers(h)
	return h, nil
}

func (s *session) rtnetlink(command uint16, flags netlink.HeaderFlags, payload []byte) ([][]byte, error) {
	msgs, err := s.rt.Execute(netlink.Message{
		Header: netlink.Header{Type: netlink.HeaderType(command), Flags: netlink.Request | flags}, Data: payload,
	})
	if err != nil {
		return nil, err
	}
	out := make([][]byte, 0, len(msgs))
	for _, m := range msgs {
		out = append(out, m.Data)
	}
	return out, nil
}

// decode calls f for each attribute behind a header of n bytes.
func decode(b []byte, n int, f func(typ uint16, data []byte)) {
	if len(b) < n {
		return
	}
	d, err := netlink.NewAttributeDecoder(b[n:])
	if err != nil {
		return
	}
	for d.Next() {
		f(d.Type(), d.Bytes())
	}
}

// master and lower are kept until all links are known.
func readLink(h *netfilter.Host, b []byte) {
	if len(b) < unix.SizeofIfInfomsg {
		return
	}
	l := netfilter.Link{Type: binary.NativeEndian.Uint16(b[2:]), Index: int(binary.NativeEndian.Uint32(b[4:]))}
	decode(b, unix.SizeofIfInfomsg, func(typ uint16, data []byte) {
		switch {
		case typ == unix.IFLA_IFNAME:
			l.Name = cstring(data)
		case typ == unix.IFLA_GROUP && len(data) == 4:
			l.Group = binary.NativeEndian.Uint32(data)
		case typ == unix.IFLA_MASTER && len(data) == 4:
			l.Master = int(binary.NativeEndian.Uint32(data))
		case typ == unix.IFLA_LINK && len(data) == 4:
			l.Parent = int(binary.NativeEndian.Uint32(data))
		case typ == unix.IFLA_LINKINFO:
			decode(data, 0, func(typ uint16, data []byte) {
				if typ == unix.IFLA_INFO_KIND {
					l.Kind = cstring(data)
				}
			})
		}
	})
	h.Links = append(h.Links, l)
}

// linkLowers turns masters and parents around. The peer of a veth is no device below it.
func linkLowers(h *netfilter.Host) {
	at := map[int]int{}
	for i, l := range h.Links {
		at[l.Index] = i
	}
	for _, l := range h.Links {
		if i, ok := at[l.Master]; ok && l.Master != 0 {
			h.Links[i].Lower = append(h.Links[i].Lower, l.Index)
		}
		if l.Parent != 0 && l.Kind != "veth" {
			i := at[l.Index]
			h.Links[i].Lower = append(h.Links[i].Lower, l.Parent)
		}
	}
}

func readAddr(h *netfilter.Host, b []byte) {
	if len(b) < unix.SizeofIfAddrmsg {
		return
	}
	a := netfilter.Addr{Bits: int(b[1]), Index: int(binary.NativeEndian.Uint32(b[4:]))}
	decode(b, unix.SizeofIfAddrmsg, func(typ uint16, data []byte) {
		// IFA_LOCAL is the host's own end; IFA_ADDRESS may be a peer's.
		if typ == unix.IFA_LOCAL || typ == unix.IFA_ADDRESS && !a.Addr.IsValid() {
			a.Addr, _ = netip.AddrFromSlice(data)
		}
	})
	if a.Addr.IsValid() {
		h.Addrs = append(h.Addrs, a)
	}
}

// readRule notes any routing rule beyond the three that every host has.
func readRule(h *netfilter.Host, b []byte) {
	priority := uint32(0)
	decode(b, unix.SizeofRtMsg, func(typ uint16, data []byte) {
		if typ == 6 && len(data) == 4 { // FRA_PRIORITY
			priority = binary.NativeEndian.Uint32(data)
		}
	})
	if priority != 0 && priority != 32766 && priority != 32767 {
		h.PolicyRules = true
	}
}

// route asks the kernel for one route (RTM_GETROUTE).
func (s *session) route(q netfilter.RouteQuery) (netfilter.Route, bool) {
	r, _, err := s.routeTo(q)
	switch {
	case errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.EHOSTUNREACH):
		return netfilter.Route{}, true
	case err != nil:
		return netfilter.Route{}, false
	}
	return r, true
}

func (s *session) routeTo(q netfilter.RouteQuery) (r netfilter.Route, src netip.Addr, err error) {
	req := make([]byte, unix.SizeofRtMsg)
	req[0], req[1] = unix.AF_INET, byte(q.Dst.BitLen())
	if q.Dst.Is6() {
		req[0] = unix.AF_INET6
	}
	req = append(req, attr(unix.RTA_DST, q.Dst.AsSlice())...)
	if q.Oif != 0 {
		req = append(req, attr(unix.RTA_OIF, binary.NativeEndian.AppendUint32(nil, uint32(q.Oif)))...)
	}
	if q.Mark != 0 {
		req = append(req, attr(unix.RTA_MARK, binary.NativeEndian.AppendUint32(nil, q.Mark))...)
	}
	msgs, err := s.rtnetlink(unix.RTM_GETROUTE, 0, req)
	if err != nil || len(msgs) != 1 || len(msgs[0]) < unix.SizeofRtMsg {
		return r, src, errors.Join(err, errShort(err, len(msgs)))
	}
	r.Type = msgs[0][7]
	decode(msgs[0], unix.SizeofRtMsg, func(typ uint16, data []byte) {
		switch {
		case typ == unix.RTA_OIF && len(data) == 4:
			r.Oif, r.Found = int(binary.NativeEndian.Uint32(data)), true
		case typ == unix.RTA_PREFSRC:
			src, _ = netip.AddrFromSlice(data)
		}
	})
	return r, src, nil
}

func errShort(err error, n int) error {
	if err == nil && n != 1 {
		return errors.New("the kernel's answer about a route is cut short")
	}
	return nil
}

// complete fills in the interface and the address that the client would use.
func (s *session) complete(q netfilter.Question, h *netfilter.Host) (netfilter.Question, error) {
	q.From, q.To = q.From.Unmap(), q.To.Unmap()
	if q.Interface == "" {
		q.Interface = q.From.Zone()
	}
	if err := q.Check(); err != nil {
		return q, err
	}
	if q.Interface != "" && indexOf(h, q.Interface) == 0 {
		return q, fmt.Errorf("there is no interface %s", audit.Untrusted(q.Interface))
	}
	for _, a := range h.Addrs {
		if a.Addr == q.From.WithZone("") {
			q.Interface = "lo"
		}
	}
	query := netfilter.RouteQuery{Dst: q.From.WithZone("")}
	if !q.To.IsValid() || q.From.IsLinkLocalUnicast() {
		query.Oif = indexOf(h, q.Interface)
	}
	r, src, err := s.routeTo(query)
	if err != nil || !r.Found || r.Type != unix.RTN_UNICAST && r.Type != unix.RTN_LOCAL {
		return q, fmt.Errorf("there is no route to %s: no answer would find its way back", q.From)
	}
	if !q.To.IsValid() {
		q.To = src
		if r.Type == unix.RTN_LOCAL {
			q.To = q.From
		}
	}
	if q.Interface == "" {
		for _, l := range h.Links {
			if l.Index == r.Oif {
				q.Interface = l.Name
			}
		}
	}
	return q, nil
}

func indexOf(h *netfilter.Host, name string) int {
	for _, l := range h.Links {
		if l.Name == name {
			return l.Index
		}
	}
	return 0
}

func cstring(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
