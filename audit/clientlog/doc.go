// Package clientlog reads the logs of client programs: WinSCP, PuTTY and its
// relatives, FileZilla, OpenSSH, lftp, curl, and the messages of libraries.
//
// What comes in is a text that somebody pasted into a ticket: quoted, indented,
// cut, wrapped, in any encoding, of a program that speaks any language. So
// structure counts more than words: marks, times, FTP's reply codes, SSH's
// names. The text is an attacker's as well: memory is bounded whatever it
// holds, and what can be a secret (passwords, answers, private keys) is not
// kept.
//
// The wording of the messages is that of the programs' own sources: PuTTY's
// ssh/*.c, WinSCP's core/*.cpp and resource/TextsCore1.rc, FileZilla's engine,
// OpenSSH's ssh.c, sshconnect.c, sshconnect2.c and clientloop.c, lftp's ftpclass.cc.
package clientlog
