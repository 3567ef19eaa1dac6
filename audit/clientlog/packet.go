package clientlog

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"

	"sshaudit/audit"
)

// maxPacket bounds the bytes that are read of one packet: enough for a request
// with a key of 16 kbit.
const maxPacket = 8 << 10

// Message numbers (RFC 4250, section 4.1.2; RFC 4252, section 6).
const (
	msgDisconnect = 1
	msgKexInit    = 20
	msgAuth       = 50
	msgFailure    = 51
	msgSuccess    = 52
	msgKeyOK      = 60
	msgRequest    = 98 // SSH_MSG_CHANNEL_REQUEST
	msgData       = 94 // SSH_MSG_CHANNEL_DATA
	msgEOF        = 96 // SSH_MSG_CHANNEL_EOF
)

// dump is a packet of PuTTY's log of packets while its bytes are read.
type dump struct {
	kind  byte
	out   bool
	bytes []byte
	// gap tells that a byte was left out ("XX").
	gap bool
}

// head begins a packet: "Outgoing packet #0x2, type 50 / 0x32 (NAME)".
func (d *dump) head(s string) {
	d.kind, d.bytes, d.gap, d.out = 0, d.bytes[:0], false, strings.HasPrefix(s, "Outgoing")
	_, rest, ok := strings.Cut(s, "type ")
	if !ok {
		return
	}
	n := 0
	for i := 0; i < len(rest) && i < 3 && rest[i] >= '0' && rest[i] <= '9'; i++ {
		n = 10*n + int(rest[i]-'0')
	}
	switch byte(n) { //nolint:gosec // three digits
	case msgDisconnect, msgKexInit, msgAuth, msgFailure, msgSuccess, msgKeyOK, msgRequest, msgData, msgEOF:
		d.kind = byte(n) //nolint:gosec // as above
	}
}

// hex takes a line of the dump: offset, two blanks, up to sixteen bytes, letters.
func (d *dump) hex(s string) {
	if d.kind == 0 || len(s) < 12 || d.gap {
		return
	}
	s = s[10:]
	for n := 0; n < 16 && len(s) >= 2; n++ {
		hi, lo := hexDigit(s[0]), hexDigit(s[1])
		if hi < 0 || lo < 0 {
			d.gap = s[0] == 'X'
			return
		}
		if len(d.bytes) < maxPacket {
			d.bytes = append(d.bytes, byte(hi<<4|lo))
		}
		if len(s) < 3 || s[2] != ' ' {
			return
		}
		s = s[3:]
		if s != "" && s[0] == ' ' {
			return
		}
	}
}

// end reads the packet that is complete.
func (d *dump) end(a *attempt) {
	kind, out := d.kind, d.out
	d.kind = 0
	p := wire(d.bytes)
	a.ssh = true
	switch {
	case kind == msgAuth && out:
		p.request(a)
	case kind == msgKexInit:
		p.proposal(a, out)
	case kind == msgRequest && out:
		p.subsystem(a)
	case out:
	case kind == msgRequest:
		p.exitStatus(a)
	case kind == msgData:
		p.data(a)
	case kind == msgEOF && a.sftpAsked:
		// A client may end here, before it reads the exit status.
		a.fail(StepSessionExit, plainly, &record{text: "end of file where a packet of SFTP was due"})
	case kind == msgKeyOK:
		a.answer(audit.Accept)
	case kind == msgFailure:
		if list, ok := p.text(); ok {
			a.reach(Authenticating)
			a.methods(list)
		}
	}
}

// wire is the content of a packet (RFC 4251, section 5).
type wire []byte

// text takes a string off.
func (w *wire) text() (string, bool) {
	if len(*w) < 4 {
		return "", false
	}
	n := binary.BigEndian.Uint32(*w)
	if uint64(n) > uint64(len(*w)-4) {
		return "", false
	}
	s := string((*w)[4 : 4+n])
	*w = (*w)[4+n:]
	return s, true
}

// request reads a user authentication request (RFC 4252, sections 5 and 7). Of
// any other method than publickey nothing but its name is looked at: the rest is
// the password.
func (w wire) request(a *attempt) {
	user, _ := w.text()
	_, _ = w.text() // the service
	method, ok := w.text()
	if !ok {
		return
	}
	a.user(user)
	a.reach(Authenticating)
	a.verbose = true
	switch method {
	case "password":
		a.passwordTried = true
		a.tried(method)
	case "keyboard-interactive":
		a.keyboardTried = true
		a.tried(method)
	}
	if method != "publickey" || len(w) < 1 {
		return
	}
	w = w[1:]
	algorithm, _ := w.text()
	blob, ok := w.text()
	a.offered = true
	a.tried(method)
	if !ok || blob == "" {
		return
	}
	sum := sha256.Sum256([]byte(blob))
	k := audit.ClientKey{Type: sshType(algorithm), Fingerprint: "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])}
	if n := len(a.log.Keys); n > 0 && a.log.Keys[n-1].Fingerprint == "" {
		k.Path, k.Agent = a.log.Keys[n-1].Path, a.log.Keys[n-1].Agent
		a.log.Keys[n-1] = k
		return
	}
	if made := a.key(k); made != nil {
		a.offeredLast(made)
	}
}

// proposal reads a KEXINIT: after the cookie come ten lists (RFC 4253, section 7.1).
func (w wire) proposal(a *attempt, out bool) {
	if len(w) < 16 {
		return
	}
	by := "server"
	if out {
		by = "client"
	}
	w = w[16:]
	for _, use := range []string{"kex", "hostkey", "cipher", "", "mac"} {
		list, ok := w.text()
		if !ok {
			return
		}
		if use != "" {
			a.offers(by, use, list)
		}
	}
}

// subsystem reads a channel request (RFC 4254, section 6.5).
func (w wire) subsystem(a *attempt) {
	if len(w) < 4 {
		return
	}
	w = w[4:]
	if kind, ok := w.text(); !ok || kind != "subsystem" || len(w) < 1 {
		return
	}
	w = w[1:]
	if name, ok := w.text(); ok && name == "sftp" {
		a.granted()
		a.log.Protocol, a.sftpAsked = name, true
	}
}

// exitStatus reads the status with which the session ended (RFC 4254, section 6.10).
func (w wire) exitStatus(a *attempt) {
	if len(w) < 4 {
		return
	}
	w = w[4:]
	if kind, ok := w.text(); ok && kind == "exit-status" && len(w) == 5 {
		status := strconv.FormatUint(uint64(binary.BigEndian.Uint32(w[1:])), 10)
		a.exit(status, &record{text: "exit status " + status})
	}
}

// data looks at the first thing that came from the subsystem: a packet of SFTP
// begins with its length, a text with letters.
func (w wire) data(a *attempt) {
	if !a.sftpAsked || len(w) < 8 {
		return
	}
	a.sftpAsked = false
	w = w[4:]
	if d, ok := w.text(); ok && len(d) >= 4 && d[0] != 0 {
		a.stray(strconv.FormatUint(uint64(binary.BigEndian.Uint32([]byte(d))), 10), &record{text: "text where a packet of SFTP was due"})
	}
}
