package sshclients

import "strings"

// marks are how programs name themselves in their identification line (RFC 4253,
// 4.2): what stands before the version.
var marks = []struct{ prefix, product string }{
	{"PuTTY_Release_", "PuTTY"}, {"PuTTY-Release-", "PuTTY"}, {"WinSCP_release_", "WinSCP"},
	{"FileZilla_", "FileZilla"}, {"PuTTYFileZilla_", "FileZilla"},
	{"OpenSSH_for_Windows_", "OpenSSH"}, {"OpenSSH_", "OpenSSH"},
	{"libssh2_", "libssh2"}, {"libssh_", "libssh"}, {"libssh-", "libssh"}, {"paramiko_", "paramiko"},
	{"JSCH-", "JSch"}, {"JSCH_", "JSch"}, {"dropbear_", "Dropbear"}, {"ssh2js", "ssh2 (Node.js)"}, {"Go", "Go x/crypto"},
}

// products are how people name the programs, as in "PuTTY 0.78".
func products() []string {
	var list []string
	for _, m := range marks {
		list = append(list, m.product)
	}
	return list
}

// Identify reads the name that a client gives itself, with or without "SSH-2.0-"
// before it, or a person's "PuTTY 0.78". It is false for a program that no row
// is about.
func Identify(software string) (product, version string, ok bool) {
	text := strings.TrimSpace(software)
	for _, protocol := range []string{"SSH-2.0-", "SSH-1.99-"} {
		text = strings.TrimPrefix(text, protocol)
	}
	for _, m := range marks {
		if rest, found := strings.CutPrefix(text, m.prefix); found && (rest == "" || isDigit(rest[0])) {
			version, _, _ := strings.Cut(rest, " ")
			return m.product, version, true
		}
	}
	for _, p := range products() {
		if len(text) >= len(p) && strings.EqualFold(text[:len(p)], p) {
			rest := strings.TrimLeft(text[len(p):], " _-/v")
			if rest == "" || isDigit(rest[0]) {
				version, _, _ := strings.Cut(rest, " ")
				return p, version, true
			}
		}
	}
	return "", "", false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
