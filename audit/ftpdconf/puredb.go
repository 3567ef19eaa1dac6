package ftpdconf

import (
	"encoding/binary"
	"strconv"
	"strings"

	"sshaudit/audit/accounts"
)

// VirtualUser is a user of a file of the FTP server's own.
type VirtualUser struct {
	// Account holds the ids whose rights a session gets, the home and, where the
	// file has one, the shell; Password tells what its password field allows.
	accounts.Account
	// Malformed says why the entry lets nobody in; empty if it can.
	Malformed string
	// The addresses of the server and of clients that are allowed and denied, and
	// the hours, as Pure-FTPd's database holds them; empty for no restriction.
	AllowServer, DenyServer, AllowClient, DenyClient, Hours string
	// MaxSessions bounds the sessions of the user at the same time; 0 is no bound.
	MaxSessions int
}

// pureDBMagic begins a PureDB; a table of 256 offsets and one more follows.
const pureDBMagic = "PDB2"

// FindPureDB looks a user up in a PureDB as puredb_read.c puredb_find does; nil
// if it has none of that name. An *Error is a file that Pure-FTPd takes for
// damaged: it then ends the session.
func FindPureDB(file string, data []byte, name string) (*VirtualUser, error) {
	const slots, slot, long = 256, 8, 4
	broken := &Error{File: file, Message: "the user database is damaged"}
	if len(data) < len(pureDBMagic)+(slots+1)*long || string(data[:len(pureDBMagic)]) != pureDBMagic {
		return nil, broken
	}
	at := func(offset uint32) (uint32, bool) {
		if uint64(offset)+long > uint64(len(data)) {
			return 0, false
		}
		return binary.BigEndian.Uint32(data[offset:]), true
	}
	hash := pureHash(name)
	first := uint32(len(pureDBMagic)) + hash&0xff*long
	begin, _ := at(first)
	end, _ := at(first + long)
	if begin == 0 || end <= begin || uint64(end) > uint64(len(data)) {
		return nil, nil //nolint:nilnil // no user is an answer
	}
	for ; begin+slot <= end; begin += slot {
		if h, ok := at(begin); !ok || h != hash {
			continue
		}
		entry, ok := at(begin + long)
		length, okLength := at(entry)
		if !ok || !okLength || uint64(entry)+long+uint64(length) > uint64(len(data)) ||
			string(data[entry+long:entry+long+length]) != name {
			continue
		}
		value := entry + long + length
		size, ok := at(value)
		if !ok || uint64(value)+long+uint64(size) > uint64(len(data)) {
			return nil, nil //nolint:nilnil // likewise: it reads nothing
		}
		return pureEntry(name, string(data[value+long:value+long+size])), nil
	}
	return nil, nil //nolint:nilnil // likewise
}

// pureHash is puredb_hash: from the end of the text to its beginning.
func pureHash(s string) uint32 {
	h := uint32(5381)
	for i := len(s) - 1; i >= 0; i-- {
		h += h << 5
		h ^= uint32(s[i])
	}
	return h
}

// Fields of an entry after the name (log_puredb.c pw_puredb_parseline).
const (
	purePassword = iota
	pureUID
	pureGID
	pureGecos
	pureHome
	pureUploadRate
	pureDownloadRate
	pureUploadRatio
	pureDownloadRatio
	pureSessions
	pureFiles
	pureSize
	pureAllowServer
	pureDenyServer
	pureAllowClient
	pureDenyClient
	pureHours
)

func pureEntry(name, line string) *VirtualUser {
	line, _, _ = strings.Cut(line, "\x00")
	f := strings.Split(line, ":")
	field := func(i int) string {
		if i < len(f) {
			return f[i]
		}
		return ""
	}
	u := &VirtualUser{}
	u.Name, u.Home, u.Password = name, field(pureHome), accounts.PasswordSet
	if field(purePassword) == "" || strings.ContainsAny(field(purePassword)[:1], "*!") {
		u.Password = accounts.PasswordImpossible
	}
	uid, uidOK := strtoul(field(pureUID), 10)
	gid, gidOK := strtoul(field(pureGID), 10)
	u.UID, u.GID = uint32(uid), uint32(gid) //nolint:gosec // the program's own cast
	switch {
	case len(f) <= pureHome:
		u.Malformed = "the entry has too few fields"
	case !uidOK || u.UID == 0 || !gidOK || u.GID == 0:
		u.Malformed = "its uid or gid is 0 or no number"
	case !strings.HasPrefix(u.Home, "/"):
		u.Malformed = "its home is no absolute path"
	}
	u.MaxSessions, _ = strconv.Atoi(field(pureSessions))
	u.AllowServer, u.DenyServer = field(pureAllowServer), field(pureDenyServer)
	u.AllowClient, u.DenyClient = field(pureAllowClient), field(pureDenyClient)
	u.Hours = field(pureHours)
	return u
}

// FindUserFile looks a user up in an AuthUserFile of ProFTPD, which has the form
// of passwd; nil if it has none of that name.
func FindUserFile(text, name string) *VirtualUser {
	a := accounts.New(accounts.Texts{Passwd: text}).Lookup(name)
	if a == nil {
		return nil
	}
	return &VirtualUser{Account: *a}
}
