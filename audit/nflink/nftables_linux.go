package nflink

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"sshaudit/audit/netfilter"
)

// generation asks for the rule set's generation (NFT_MSG_GETGEN).
func (s *session) generation() (uint32, error) {
	msgs, err := s.exchange(unix.NFNL_SUBSYS_NFTABLES, unix.NFT_MSG_GETGEN, 0, nfgenmsg(0))
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EOPNOTSUPP) {
		return 0, nil // no nf_tables in this kernel
	}
	if err != nil {
		return 0, err
	}
	if len(msgs) != 1 || len(msgs[0]) < 12 {
		return 0, errors.New("the kernel's answer about the generation is cut short")
	}
	return binary.BigEndian.Uint32(msgs[0][8:]), nil
}

// ruleset dumps nf_tables and adds the legacy tables.
func (s *session) ruleset() (*netfilter.Ruleset, error) {
	var d netfilter.Dump
	for _, part := range []struct {
		command uint16
		into    *[][]byte
	}{
		{unix.NFT_MSG_GETTABLE, &d.Tables}, {unix.NFT_MSG_GETCHAIN, &d.Chains}, {unix.NFT_MSG_GETRULE, &d.Rules},
		{unix.NFT_MSG_GETSET, &d.Sets}, {unix.NFT_MSG_GETOBJ, &d.Objects},
	} {
		msgs, err := s.exchange(unix.NFNL_SUBSYS_NFTABLES, part.command, netlink.Dump, nfgenmsg(0))
		if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EOPNOTSUPP) {
			continue // no nf_tables in this kernel
		}
		if err != nil {
			return nil, err
		}
		if *part.into = msgs; len(d.Tables) == 0 {
			break
		}
	}
	rules, err := netfilter.FromNetlink(d)
	if err != nil {
		if s.moved {
			return nil, errMoved // a table that went away between two dumps
		}
		return nil, err
	}
	rules.Load, rules.IPSet = s.elements, s.ipset
	if err := s.legacy(rules); err != nil {
		return nil, err
	}
	return rules, nil
}

// elements dumps one set (NFT_MSG_GETSETELEM).
func (s *session) elements(set *netfilter.Set) error {
	req := append(nfgenmsg(set.Table.Family), attr(1, zstring(set.Table.Name))...)
	req = append(req, attr(2, zstring(set.Name))...)
	msgs, err := s.exchange(unix.NFNL_SUBSYS_NFTABLES, unix.NFT_MSG_GETSETELEM, netlink.Dump, req)
	if err != nil {
		return fmt.Errorf("read elements of set %s: %w", set.Name, err)
	}
	return set.AddElements(msgs)
}
