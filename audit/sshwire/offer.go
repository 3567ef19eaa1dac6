package sshwire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

const (
	// msgKexInit is SSH_MSG_KEXINIT (RFC 4250, 4.1.2).
	msgKexInit = 20
	// maxPacket bounds an unencrypted packet (RFC 4253, 6.1).
	maxPacket = 35000
	// maxNames bounds the names of one list.
	maxNames = 1000
)

// Offer is the algorithms that a peer offers, its first choice first. "In" is
// what the client sends to the server, "Out" what the server sends.
type Offer struct {
	Kex, HostKey                  []string
	CipherIn, CipherOut           []string
	MACIn, MACOut                 []string
	CompressionIn, CompressionOut []string
}

// Both makes an offer that is the same in both directions, as that of every
// known program is by default. The arguments are lists with commas.
func Both(kex, hostKey, cipher, mac, compression string) *Offer {
	o := &Offer{Kex: names(kex), HostKey: names(hostKey)}
	o.CipherIn, o.MACIn, o.CompressionIn = names(cipher), names(mac), names(compression)
	o.CipherOut, o.MACOut, o.CompressionOut = o.CipherIn, o.MACIn, o.CompressionIn
	return o
}

func names(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// firstPacket cuts the payload out of the first binary packet (RFC 4253, 6); nil
// without an error where there is not yet a whole one.
func firstPacket(data []byte) ([]byte, error) {
	if len(data) < 5 {
		return nil, nil
	}
	length, padding := binary.BigEndian.Uint32(data), uint32(data[4])
	if length < 12 || length > maxPacket || padding+1 > length {
		return nil, fmt.Errorf("its first packet has an impossible length")
	}
	if uint32(len(data)-4) < length {
		return nil, nil
	}
	return data[5 : 4+length-padding], nil
}

var (
	errNotKexInit = errors.New("its first packet is no SSH_MSG_KEXINIT")
	errCut        = errors.New("its SSH_MSG_KEXINIT is cut off")
	errNames      = errors.New("its SSH_MSG_KEXINIT holds a name that is none")
)

// ParseOffer reads the payload of an SSH_MSG_KEXINIT (RFC 4253, 7.1).
func ParseOffer(payload []byte) (*Offer, error) {
	const cookie = 16
	if len(payload) == 0 || payload[0] != msgKexInit {
		return nil, errNotKexInit
	}
	if len(payload) < 1+cookie {
		return nil, errCut
	}
	rest := payload[1+cookie:]
	o := &Offer{}
	lists := []*[]string{
		&o.Kex, &o.HostKey, &o.CipherIn, &o.CipherOut, &o.MACIn, &o.MACOut, &o.CompressionIn, &o.CompressionOut,
	}
	for _, list := range lists {
		var err error
		if *list, rest, err = nameList(rest); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// nameList reads one name-list (RFC 4251, 5 and 6): names of printable ASCII.
func nameList(data []byte) (list []string, rest []byte, err error) {
	if len(data) < 4 {
		return nil, nil, errCut
	}
	length := binary.BigEndian.Uint32(data)
	if data = data[4:]; uint64(length) > uint64(len(data)) {
		return nil, nil, errCut
	}
	text := string(data[:length])
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return nil, nil, errNames
		}
	}
	if strings.Count(text, ",") >= maxNames {
		return nil, nil, errNames
	}
	return names(text), data[length:], nil
}
