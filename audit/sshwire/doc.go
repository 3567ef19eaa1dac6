// Package sshwire reads what an SSH peer says before anything is encrypted: its
// identification line and its SSH_MSG_KEXINIT (RFC 4253, 4.2, 6 and 7.1), and
// works out what two such offers agree on. It is handed bytes, touches nothing
// and trusts nothing: a peer may be anybody and may send anything.
package sshwire
