package checks

import "sshaudit/audit"

const wrongProtocol = "Your program is set to another protocol than the one this port speaks. Please choose SFTP as the protocol (not FTP, FTPS or FTPES) for port 22; FTP has port 21."

// ftpToSSH is what FTP clients show on the port of sshd.
var ftpToSSH = audit.ClientWords{
	OpenSSH: "", PuTTY: "", WinSCP: "You cannot connect to an SFTP server using an FTP protocol. Please select a correct protocol.",
	FileZilla: "Cannot establish FTP connection to an SFTP server. Please select proper protocol.",
}

// evidenceCauses are those that the log alone can tell.
var evidenceCauses = []cause{
	{"proto-ftp-to-ssh", audit.LayerService, audit.Notice, ftpToSSH, "FTP client on the port of sshd",
		"What arrived at sshd is a command of FTP: the wrong protocol is chosen in the client.",
		"Let the customer choose SFTP, or the port of the FTP service.", wrongProtocol},
	{"proto-tls-to-ssh", audit.LayerService, audit.Notice, ftpToSSH, "TLS client on the port of sshd",
		"What arrived at sshd is binary, as the beginning of TLS is: FTPS with implicit TLS or HTTPS is chosen in the client.",
		"Let the customer choose SFTP, or the port of the FTP service.", wrongProtocol},
	{"proto-http-to-ssh", audit.LayerService, audit.Notice, reset, "HTTP client on the port of sshd",
		"What arrived at sshd is a request of HTTP: a browser, a WebDAV client or a scanner.",
		"Let the customer choose SFTP; nothing, if it was a scanner.", wrongProtocol},
	{"proto-ssh-to-ftp", audit.LayerService, audit.Notice, audit.ClientWords{
		OpenSSH: "kex_exchange_identification: Connection closed by remote host", PuTTY: "Remote side unexpectedly closed network connection",
		WinSCP: "The server rejected SFTP connection, but it listens for FTP connections.", FileZilla: "Could not connect to server",
	}, "SSH client on the port of an FTP server",
		"What arrived at the FTP server is the identification of SSH: the wrong port or protocol is chosen in the client.",
		"Let the customer choose the port of sshd (22), or FTP as the protocol.",
		"Your program is set to SFTP on the port of FTP. Please set the port to 22, or choose FTP with explicit TLS as the protocol."},
	{"pam-faillock-active", audit.LayerMethod, audit.Warning, accessDenied, "Account that pam_faillock locks for a while",
		"There were too many wrong passwords, so pam_faillock refuses every password for unlock_time. Keys are not affected.",
		"faillock --user NAME shows the failures, faillock --user NAME --reset ends the lock.",
		"There were too many attempts with a wrong password, so your password is refused for some minutes. Please wait, and check the password that is saved in your program."},
	{"limits-nproc", audit.LayerSession, audit.Critical, sessionEnded, "No process left for the session",
		"sshd could not start a process: the account has as many as nproc allows, the unit or the user's slice has reached TasksMax, or the host is out of memory.",
		"ps -u NAME shows what runs; raise nproc in /etc/security/limits.conf or TasksMax of the unit.",
		"You are logged in, but too many of your programs run on the server. Please end those you do not need, or ask us to."},
}
