package sshdconf

import (
	"strconv"
	"strings"
)

// KeysPath expands one entry of AuthorizedKeysFile or AuthorizedPrincipalsFile
// for an account: %h, %u, %U and %%, and a relative path starts from the home
// (auth.c expand_authorized_keys). unknown is the token that sshd does not know
// and dies of, 0 if there is none; a lone % at the end counts as %.
func KeysPath(entry, home, user string, uid uint32) (path string, unknown byte) {
	var b strings.Builder
	b.Grow(len(home) + 1 + len(entry))
	for i := 0; i < len(entry); i++ {
		if entry[i] != '%' {
			b.WriteByte(entry[i])
			continue
		}
		i++
		if i == len(entry) {
			return entry, '%'
		}
		switch entry[i] {
		case '%':
			b.WriteByte('%')
		case 'h':
			b.WriteString(home)
		case 'u':
			b.WriteString(user)
		case 'U':
			b.WriteString(strconv.FormatUint(uint64(uid), 10))
		default:
			return entry, entry[i]
		}
	}
	if path = b.String(); !strings.HasPrefix(path, "/") {
		path = home + "/" + path
	}
	return path, 0
}
