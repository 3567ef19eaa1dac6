// Package ftpdconf reads the configuration of vsftpd, ProFTPD and Pure-FTPd as
// these programs themselves do, with the file and line of each setting, the
// defaults of Debian's builds, and the faults for which they would not start.
//
// It touches no machine: files come through a [Source]. What a reader does not
// know it says by an error, so that nothing is concluded from it.
package ftpdconf
