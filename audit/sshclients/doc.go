// Package sshclients knows what the SSH programs that people use offer a server:
// key exchange methods, host key types, ciphers and MACs of single releases,
// with the settings they are delivered with. Each row was taken from the
// SSH_MSG_KEXINIT of the program itself, or from the source that its Source
// names. Of a release between two rows only that is told which both agree on.
package sshclients
