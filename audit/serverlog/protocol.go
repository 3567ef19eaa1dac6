package serverlog

import (
	"slices"
	"strings"
)

// ftpCommands are those with which an FTP client may begin (RFC 959, 2228, 2389);
// httpMethods those of HTTP (RFC 9110).
var (
	ftpCommands = []string{"USER", "PASS", "AUTH", "FEAT", "SYST", "HOST", "CLNT", "OPTS", "PBSZ", "PROT", "PWD", "NOOP", "QUIT", "HELP"}
	httpMethods = []string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI"}
)

// protocol tells by a client's first line which protocol it speaks on the port of
// sshd; empty if that cannot be told.
func protocol(line string) string {
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case slices.Contains(httpMethods, word) && strings.Contains(rest, "HTTP/"):
		return "proto-http-to-ssh"
	case slices.Contains(ftpCommands, strings.ToUpper(word)):
		return "proto-ftp-to-ssh"
	}
	return ""
}
