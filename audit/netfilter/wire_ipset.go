package netfilter

import (
	"errors"
	"fmt"
	"strings"
)

// Attributes of the ipset subsystem (linux/netfilter/ipset/ip_set.h).
const (
	ipsetName     = 2
	ipsetTypename = 3
	ipsetFamily   = 5
	ipsetData     = 7
	ipsetADT      = 8

	ipsetIP      = 1
	ipsetIPTo    = 2
	ipsetCidr    = 3
	ipsetPort    = 4
	ipsetPortTo  = 5
	ipsetProto   = 7
	ipsetFlags   = 8
	ipsetMark    = 10
	ipsetMarkmsk = 11
	ipsetEther   = 17
	ipsetMember  = 18
	ipsetNetmask = 20
	ipsetIP2     = 20
	ipsetCidr2   = 21
	ipsetIP2To   = 22
	ipsetIface   = 23
	ipsetBitmask = 27
)

// AddIPSet reads the payloads of one set's answers to IPSET_CMD_LIST.
func AddIPSet(set *IPSet, msgs [][]byte) error {
	for _, msg := range msgs {
		if len(msg) < 4 {
			return fmt.Errorf("read ipset %s: %w", set.Name, errTruncated)
		}
		a, err := parseAttrs(msg[4:])
		if err != nil {
			return fmt.Errorf("read ipset %s: %w", set.Name, err)
		}
		if a.has(ipsetTypename) {
			set.Name, set.Type, set.Family = a.str(ipsetName), a.str(ipsetTypename), Family(a.u32(ipsetFamily))
		}
		if a.has(ipsetData) {
			err = set.options(a.a[ipsetData])
		}
		if err == nil && a.has(ipsetADT) {
			err = set.entries(a.a[ipsetADT])
		}
		if err != nil {
			return fmt.Errorf("read ipset %s: %w", set.Name, err)
		}
	}
	set.Complete = true
	return nil
}

// options reads what a set was created with.
func (t *IPSet) options(b []byte) error {
	a, err := parseAttrs(b)
	if err != nil {
		return err
	}
	t.Netmask = int(a.u32(ipsetNetmask))
	t.MarkMask = ^uint32(0)
	if a.has(ipsetMarkmsk) {
		t.MarkMask = a.u32(ipsetMarkmsk)
	}
	if t.Type == "bitmap:ip" && t.Netmask == 0 {
		t.Netmask = int(a.u32(ipsetCidr))
	}
	if t.Type == "hash:net" || t.Netmask == 32 && t.Family == IPv4 || t.Netmask == 128 {
		t.Netmask = 0
	}
	t.Opaque = a.has(ipsetBitmask)
	return nil
}

func (t *IPSet) entries(b []byte) error {
	var bad error
	err := eachAttr(b, func(_ int, data []byte) {
		e, err := t.entry(data)
		if err != nil {
			bad = err
			return
		}
		t.Entries = append(t.Entries, e)
	})
	return errors.Join(err, bad)
}

func (t *IPSet) entry(b []byte) (IPSetEntry, error) {
	a, err := parseAttrs(b)
	if err != nil {
		return IPSetEntry{}, err
	}
	e := IPSetEntry{
		PortFrom: uint16(a.u32(ipsetPort)), Proto: uint8(a.u32(ipsetProto)), Iface: a.str(ipsetIface),
		Mark: a.u32(ipsetMark), Member: a.str(ipsetMember), Opaque: a.top > 30 || a.has(ipsetEther),
	}
	if e.PortTo = e.PortFrom; a.has(ipsetPortTo) {
		e.PortTo = uint16(a.u32(ipsetPortTo))
	}
	flags := a.u32(ipsetFlags)
	e.NoMatch, e.Physdev, e.Wildcard = flags&4 != 0, flags&2 != 0, flags&0x80 != 0
	if e.IPs, e.Bits, err = ipsetRange(&a, ipsetIP, ipsetIPTo, ipsetCidr); err != nil {
		return e, err
	}
	if strings.Count(t.Type, "ip")+strings.Count(t.Type, "net") < 2 {
		return e, nil
	}
	e.IP2s, e.Bits2, err = ipsetRange(&a, ipsetIP2, ipsetIP2To, ipsetCidr2)
	return e, err
}

// ipsetRange reads an address with a prefix length or a last address.
func ipsetRange(a *attrs, from, to, cidr int) (r [2][]byte, bits int, err error) {
	if !a.has(from) {
		return r, 0, nil
	}
	lo, err := ipsetAddr(a.a[from])
	if err != nil {
		return r, 0, err
	}
	bits = len(lo) * 8
	if a.has(cidr) {
		bits = int(a.u32(cidr))
	}
	r = ipRange(lo, bits)
	if a.has(to) {
		if r[1], err = ipsetAddr(a.a[to]); err != nil || len(r[1]) != len(r[0]) {
			return r, bits, errors.Join(err, errTruncated)
		}
	}
	return r, bits, nil
}

func ipsetAddr(b []byte) ([]byte, error) {
	a, err := parseAttrs(b)
	switch {
	case err != nil:
		return nil, err
	case len(a.a[1]) == 4:
		return a.a[1], nil
	case len(a.a[2]) == 16:
		return a.a[2], nil
	}
	return nil, errTruncated
}

// IPSetName reads the name from an answer to IPSET_CMD_GET_BYINDEX.
func IPSetName(msg []byte) (string, error) {
	if len(msg) < 4 {
		return "", errTruncated
	}
	a, err := parseAttrs(msg[4:])
	if err == nil && !a.has(ipsetName) {
		err = errTruncated
	}
	return a.str(ipsetName), err
}
