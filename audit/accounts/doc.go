// Package accounts reads the texts of passwd, group and shadow as the C
// library's "files" source does (glibc nss/nss_files), line by line, and
// answers what sshd asks of them: who is this name, which groups, who else
// shares this uid, gid or home. Lines that the C library skips are not lost:
// each is a Problem with file and line. It reads no file itself.
package accounts
