package exporter

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net/netip"
	"strconv"
	"strings"
)

// findPeer looks for the established socket from theirs to ours in a table of
// the form of /proc/net/tcp and tcp6, and returns its uid. Sockets that no
// process holds any more have the inode 0 and do not count.
func findPeer(r io.Reader, ours, theirs netip.AddrPort) (uid uint32, known bool) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		// sl local rem st tx:rx tr:tm->when retrnsmt uid timeout inode …
		f := strings.Fields(lines.Text())
		if len(f) < 10 || f[3] != "01" || f[9] == "0" {
			continue
		}
		if procAddr(f[1]) != theirs || procAddr(f[2]) != ours {
			continue
		}
		n, err := strconv.ParseUint(f[7], 10, 32)
		return uint32(n), err == nil
	}
	return 0, false
}

// procAddr reads "0100007F:0016": words of four bytes in the order of the
// machine, then the port. What is malformed is the zero address, which no
// socket has.
func procAddr(s string) netip.AddrPort {
	words, port, _ := strings.Cut(s, ":")
	b, err := hex.DecodeString(words)
	n, portErr := strconv.ParseUint(port, 16, 16)
	if err != nil || portErr != nil || len(b) != 4 && len(b) != 16 {
		return netip.AddrPort{}
	}
	for i := 0; i < len(b); i += 4 {
		binary.NativeEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
	a, _ := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a.Unmap(), uint16(n))
}
