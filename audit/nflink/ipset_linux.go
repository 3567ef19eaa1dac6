package nflink

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"sshaudit/audit/netfilter"
)

// Commands and attributes of the ipset subsystem (linux/netfilter/ipset/ip_set.h).
const (
	ipsetProtocol     = 7
	cmdIPSetList      = 7
	cmdIPSetByIndex   = 15
	attrIPSetProtocol = 1
	attrIPSetName     = 2
	attrIPSetIndex    = 11
)

type ipsetResult struct {
	set *netfilter.IPSet
	err error
}

// ipset reads one set, by index if the name is empty.
func (s *session) ipset(name string, index uint16) (*netfilter.IPSet, error) {
	key := name
	if name == "" {
		key = fmt.Sprint("#", index)
	}
	if r, ok := s.ipsets[key]; ok {
		return r.set, r.err
	}
	set, err := s.readIPSet(name, index)
	s.ipsets[key] = ipsetResult{set, err}
	return set, err
}

func (s *session) readIPSet(name string, index uint16) (*netfilter.IPSet, error) {
	head := append(nfgenmsg(netfilter.IPv4), attr(attrIPSetProtocol, []byte{ipsetProtocol})...)
	if name == "" {
		req := append(slices.Clip(head), attr(attrIPSetIndex|unix.NLA_F_NET_BYTEORDER, binary.BigEndian.AppendUint16(nil, index))...)
		msgs, err := s.exchange(unix.NFNL_SUBSYS_IPSET, cmdIPSetByIndex, 0, req)
		if err != nil || len(msgs) != 1 {
			return nil, fmt.Errorf("read name of ipset %d: %w", index, err)
		}
		if name, err = netfilter.IPSetName(msgs[0]); err != nil {
			return nil, fmt.Errorf("read name of ipset %d: %w", index, err)
		}
	}
	req := append(slices.Clip(head), attr(attrIPSetName, zstring(name))...)
	msgs, err := s.exchange(unix.NFNL_SUBSYS_IPSET, cmdIPSetList, netlink.Dump, req)
	if err != nil {
		return nil, fmt.Errorf("read ipset %s: %w", name, err)
	}
	set := &netfilter.IPSet{Name: name}
	return set, netfilter.AddIPSet(set, msgs)
}
