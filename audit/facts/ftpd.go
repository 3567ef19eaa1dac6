package facts

import (
	"time"

	"sshaudit/audit"
	"sshaudit/audit/ftpdconf"
	"sshaudit/audit/pam"
)

// FTPKind is an FTP server's program.
type FTPKind string

// The programs that are known.
const (
	Vsftpd   FTPKind = "vsftpd"
	Proftpd  FTPKind = "proftpd"
	PureFTPd FTPKind = "pure-ftpd"
)

// FTPServer is one FTP server of the host, running or installed.
type FTPServer struct {
	Kind FTPKind
	// Binary is the program; Release its version, empty if unknown.
	Binary, Release string
	// Running tells that a listening process was seen; PID is its own, Started
	// when it was started. Args are its arguments, as far as it shows them.
	Running bool
	PID     int
	Started time.Time
	Args    []string
	// ConfigFile is the main configuration file or directory.
	ConfigFile string
	// One of these is the configuration; none if Refused or Unread says why not.
	Vsftpd  *ftpdconf.Vsftpd
	Proftpd *ftpdconf.Proftpd
	Pure    *ftpdconf.Pure
	// Refused is why the program would not start with its configuration.
	Refused *ftpdconf.Error
	// Unread says why the configuration could not be evaluated here.
	Unread string
	// Newest is the newest modification of the configuration's files.
	Newest     time.Time
	NewestFile string
	// Ports are the control ports of the configuration; none if inetd or a socket
	// unit listens for it.
	Ports []FTPPort
	// Passive is the range of ports of passive mode, not set if any free port is
	// taken; PassiveAddress what is told to clients instead of the own address.
	Passive          ftpdconf.Range
	PassivePlace     ftpdconf.Place
	PassiveAddress   string
	PassiveAddressAt ftpdconf.Place
	// PAMService is the service that PAM is asked for; empty if PAM is not used.
	PAMService string
	TLS        FTPTLS
}

// FTPPort is one control port.
type FTPPort struct {
	Port int
	// Address is where it listens, empty for every address of the host.
	Address string
	// Implicit tells that TLS begins with the connection (port 990 mostly).
	Implicit bool
}

// FTPTLS is what an FTP server does about TLS.
type FTPTLS struct {
	// Offered tells that clients can use it, Required that a login needs it.
	Offered, Required bool
	// At is the setting that switches it on, or where it could stand.
	At ftpdconf.Place
	// Certificate is the server's; nil if none is configured or TLS is off.
	Certificate *Certificate
}

// Certificate is a server's certificate with its key.
type Certificate struct {
	// Cert and Key are the files as root sees them.
	Cert, Key SystemFile
	// NotBefore and NotAfter bound its validity; Names are those it is made out to.
	NotBefore, NotAfter time.Time
	Names               []audit.Untrusted
	// SelfSigned tells that its issuer is itself.
	SelfSigned bool
	// Broken says why the server cannot use it; empty if it can. Unread says why
	// that is not known. Both are escaped.
	Broken, Unread string
}

// FTPLogin is what was read for one FTP login.
type FTPLogin struct {
	Server *FTPServer
	// User is the account of the name that the client gave; nil without one.
	User *Account
	// Account is the account whose rights the session gets: the user's own, or the
	// one that stands for a guest or an anonymous user. Nil if there is none.
	Account *Account
	// Vsftpd are the settings with the user's own file on top; UserRefused is why
	// that file ends the session, UserUnread why it could not be read.
	Vsftpd      *ftpdconf.Vsftpd
	UserRefused *ftpdconf.Error
	UserUnread  string
	// PAM is the stack of the server's service; nil if PAM is not asked.
	PAM *pam.Stack
	// Virtual is the user in a file of the server's own, by the file; nil where the
	// file has none of that name.
	Virtual map[string]*ftpdconf.VirtualUser
	// Texts are the lists that may be asked, by path, Files what was looked at with
	// root's rights.
	Texts map[string]Text
	Files map[string]SystemFile
	// Dirs are the directories that the session is put into, in order.
	Dirs []FTPDir
}

// FTPDir is a directory that a session is put into.
type FTPDir struct {
	// Path is as configured.
	Path audit.Untrusted
	// Node is the directory, links followed, as root sees it.
	SystemFile
	// Enter is why the account cannot change into it; nil if it can.
	Enter *Problem
	// Sure is false if it was not tried with the account's own rights.
	Sure bool
}
