package sockdiag

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
)

// Table reads the listening sockets in the text of /proc/net/tcp or tcp6
// (proc_net_tcp(5)); lines of another form, such as the heading, are passed over.
func Table(text string) []Socket {
	var list []Socket
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 10 || f[3] != "0A" {
			continue
		}
		local, ok := tableAddress(f[1])
		uid, errUID := strconv.ParseUint(f[7], 10, 32)
		inode, errInode := strconv.ParseUint(f[9], 10, 64)
		if !ok || errUID != nil || errInode != nil {
			continue
		}
		list = append(list, Socket{Local: local, UID: uint32(uid), Inode: inode, V6OnlyUnknown: local.Addr().Is6()})
	}
	return list
}

// tableAddress reads "0100007F:0016": the address as words of the machine's own
// byte order, the port as a number.
func tableAddress(text string) (netip.AddrPort, bool) {
	address, port, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(address)
	number, errPort := strconv.ParseUint(port, 16, 16)
	if err != nil || errPort != nil || len(raw) != 4 && len(raw) != 16 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	ip, _ := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(ip, uint16(number)), true
}
