package checks

import "sshaudit/audit"

// ftpIncorrect is what clients show of a login that an FTP server refuses; the
// servers' own words are told with the answer.
var ftpIncorrect = audit.ClientWords{
	WinSCP: "530 Login incorrect.", FileZilla: "Response: 530 Login incorrect. / Error: Critical error: Could not connect to server",
}

var ftpNoConnection = audit.ClientWords{
	WinSCP: "Connection refused.", FileZilla: "Error: Connection attempt failed with \"ECONNREFUSED - Connection refused by server\".",
}

var ftpAborted = audit.ClientWords{
	WinSCP: "Connection failed.", FileZilla: "Error: Critical error: Could not connect to server",
}

const (
	ftpUseTLS  = "Please choose FTP over TLS (explicit, often called FTPES) in your program, and port 21."
	ftpAccount = "Your account may not use FTP on this server. Please choose SFTP in your program, or ask us to allow FTP for it."
	ftpHome    = "You are recognised, but the server cannot open your directory. The fault is ours, and we repair it." + tryAgain
)

// ftpCauses are met by a client of an FTP server.
var ftpCauses = []cause{
	{"ftpd-500-oops", audit.LayerService, audit.Critical, audit.ClientWords{WinSCP: "500 OOPS", FileZilla: "Response: 500 OOPS"}, "vsftpd cannot start a session",
		"vsftpd ends every session with \"500 OOPS\": settings exclude each other, or an account, a directory or a file that they name is missing.",
		"Correct the setting that is shown, and restart vsftpd.", ourFault},
	{"ftpd-tls-required", audit.LayerTransport, audit.Warning, audit.ClientWords{
		WinSCP: "530 Non-anonymous sessions must use encryption.", FileZilla: "Response: 530 Non-anonymous sessions must use encryption.",
	}, "Client without TLS",
		"The server is set up to let in only clients that use TLS, so that no password crosses the network in the clear.", "Let the customer choose explicit FTP over TLS.", ftpUseTLS},
	{"ftpd-tls-off", audit.LayerTransport, audit.Warning, audit.ClientWords{
		WinSCP: "530 Please login with USER and PASS.", FileZilla: "Response: 530 Please login with USER and PASS. / Error: Critical error",
	}, "FTP server without TLS",
		"The client wants FTP over TLS, and TLS is not switched on in the server.", "Switch TLS on with a certificate, or let the customer use SFTP.",
		"The server does not offer FTP over TLS. Please choose SFTP in your program."},
	{"ftpd-tls-mode-mismatch", audit.LayerTransport, audit.Warning, ftpAborted, "Implicit TLS where the client speaks first in the clear",
		"The port expects TLS from the first byte (implicit), and the client begins in the clear, or the other way round.", "Let the customer choose the other kind of TLS, or the other port.",
		"Please choose implicit FTP over TLS in your program, or another port."},
	{"ftpd-anonymous-only", audit.LayerAccount, audit.Critical, audit.ClientWords{
		WinSCP: "530 This FTP server is anonymous only.", FileZilla: "Response: 530 This FTP server is anonymous only.",
	}, "FTP server for anonymous users only",
		"The server lets in nobody with an account.", "Let local users in (vsftpd: local_enable=YES), if they are meant to use FTP.", ftpAccount},
	{"ftpd-anonymous-off", audit.LayerAccount, audit.Warning, ftpIncorrect, "Anonymous user who is not let in",
		"Anonymous users are switched off, may not use TLS, or the account that stands for them is missing.", "Leave it so, or switch them on.", "This server has no anonymous access. Please enter the name of your account."},
	{"ftpd-user-denied", audit.LayerAccount, audit.Warning, ftpIncorrect, "Account that a list or a limit of the FTP server refuses",
		"/etc/ftpusers, the user list of vsftpd, pam_listfile, RootLogin or a <Limit LOGIN> section refuses the account. The client is told no more than that the login is incorrect.",
		"Take the account out of the list, or change the limit, if it is to use FTP.", ftpAccount},
	{"ftpd-uid-too-low", audit.LayerAccount, audit.Warning, audit.ClientWords{WinSCP: "530 Sorry, but I can't trust you", FileZilla: "Response: 530 Sorry, but I can't trust you"},
		"Account below Pure-FTPd's MinUID", "Pure-FTPd lets in no account whose uid is lower than MinUID.", "Lower MinUID, or give the account another uid.", ftpAccount},
	{"ftpd-shell-not-listed", audit.LayerAccount, audit.Warning, ftpIncorrect, "Login shell that /etc/shells does not list",
		"The FTP server lets in only accounts whose login shell is in /etc/shells (pam_shells, RequireValidShell), and does not say so.",
		"Add the shell to /etc/shells, give the account a listed one, or switch the requirement off.", ftpAccount},
	{"ftpd-account-expired", audit.LayerAccount, audit.Warning, ftpIncorrect, "Account or password that has expired",
		"A date in /etc/shadow has passed. FTP has no way to ask for a new password.", "chage -l shows the dates; set a new password or another date.",
		"Your account or your password has expired. Please ask us to renew it."},
	{"ftpd-password-unusable", audit.LayerMethod, audit.Warning, ftpIncorrect, "Account without a password that could be right",
		"The password field holds no hash, or the account is locked.", "Give the account a password, if it is to use FTP.", "Your account has no password. Please ask us to set one."},
	{"ftpd-virtual-user", audit.LayerAccount, audit.Warning, ftpIncorrect, "User that the FTP server's own database does not know",
		"The user stands in the list and not in the database that is made from it, the entry is malformed, or the way to authenticate is not configured.",
		"Enter the user (pure-pw useradd -m, ftpasswd), make the database anew (pure-pw mkdb), or correct the order of authentication.", ftpAccount},
	{"ftpd-pam-denied", audit.LayerAccount, audit.Warning, ftpIncorrect, "PAM refuses the account for FTP",
		"A module of the PAM service of the FTP server says no.", "Correct what the module reads, or its line.", ftpAccount},
	{"ftpd-pam-broken", audit.LayerAccount, audit.Critical, ftpIncorrect, "PAM service of the FTP server that is missing or damaged",
		"The service that the server asks has no usable file in /etc/pam.d, so nobody can log in.", "Put the file in order, or name the right service.", ourFault},
	{"ftpd-user-config", audit.LayerSession, audit.Critical, audit.ClientWords{WinSCP: "500 OOPS", FileZilla: "Response: 500 OOPS"}, "vsftpd refuses the user's own settings",
		"The user's file in user_config_dir has a line that vsftpd does not take, or is not root's. The session ends after the password.", "Correct the line that is shown.", ftpHome},
	{"ftpd-home-missing", audit.LayerSession, audit.Critical, audit.ClientWords{
		WinSCP: "500 OOPS: cannot change directory", FileZilla: "Response: 500 OOPS: cannot change directory",
	}, "Home that does not exist",
		"The directory into which the FTP server puts the session does not exist.", "Make it, owned by the account.", ftpHome},
	{"ftpd-home-denied", audit.LayerSession, audit.Critical, audit.ClientWords{
		WinSCP: "500 OOPS: cannot change directory", FileZilla: "Response: 500 OOPS: cannot change directory",
	}, "Home that the session cannot enter",
		"The account may not search the directory, or one above it.", "chmod o+x the directories above, and let the account own its home.", ftpHome},
	{"ftpd-chroot-writable", audit.LayerSession, audit.Critical, audit.ClientWords{
		WinSCP:    "500 OOPS: vsftpd: refusing to run with writable root inside chroot()",
		FileZilla: "Response: 500 OOPS: vsftpd: refusing to run with writable root inside chroot()",
	}, "Writable directory to which vsftpd locks the account in",
		"vsftpd ends a session that is locked into a directory which the account itself may write.",
		"Take the write right from the directory and give the account one below it, or set allow_writeable_chroot=YES.", ftpHome},
}
