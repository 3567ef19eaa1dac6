package ftpdconf

import "slices"

// kind is what a setting of vsftpd holds (parseconf.c).
type kind uint8

const (
	unknownName kind = iota
	isFlag
	isUint
	isText
)

func kindOf(name string) kind {
	_, uint := vsftpdUints[name]
	_, text := vsftpdTexts[name]
	switch {
	case slices.Contains(vsftpdOn, name) || slices.Contains(vsftpdOff, name):
		return isFlag
	case uint:
		return isUint
	case text || slices.Contains(vsftpdUnset, name):
		return isText
	}
	return unknownName
}

// vsftpdOn and vsftpdOff are the switches by what they are without a line
// (tunables.c, with Debian's patches).
var vsftpdOn = []string{
	"anonymous_enable", "pasv_enable", "port_enable", "anon_world_readable_only", "userlist_deny", "check_shell",
	"use_sendfile", "download_enable", "dirlist_enable", "chmod_enable", "force_local_logins_ssl",
	"force_local_data_ssl", "ssl_tlsv12", "ssl_tlsv13", "mdtm_write", "lock_upload_files", "strict_ssl_read_eof",
	"ssl_request_cert", "require_ssl_reuse", "isolate", "isolate_network", "ftp_enable",
}

var vsftpdOff = []string{
	"utf8_filesystem", "local_enable", "chroot_local_user", "write_enable", "anon_upload_enable",
	"anon_mkdir_write_enable", "anon_other_write_enable", "chown_uploads", "connect_from_port_20", "xferlog_enable",
	"dirmessage_enable", "async_abor_enable", "ascii_upload_enable", "ascii_download_enable", "one_process_model",
	"xferlog_std_format", "pasv_promiscuous", "deny_email_enable", "chroot_list_enable", "setproctitle_enable",
	"text_userdb_names", "ls_recurse_enable", "log_ftp_protocol", "guest_enable", "userlist_enable", "use_localtime",
	"hide_ids", "listen", "port_promiscuous", "passwd_chroot_enable", "no_anon_password", "tcp_wrappers",
	"force_dot_files", "listen_ipv6", "dual_log_enable", "syslog_enable", "background", "virtual_use_local_privs",
	"session_support", "secure_email_list_enable", "run_as_launching_user", "no_log_lock", "ssl_enable",
	"allow_anon_ssl", "ssl_sslv2", "ssl_sslv3", "ssl_tlsv1", "ssl_tlsv11", "tilde_user_enable", "force_anon_logins_ssl",
	"force_anon_data_ssl", "pasv_addr_resolve", "debug_ssl", "require_cert", "validate_cert",
	"strict_ssl_write_shutdown", "delete_failed_uploads", "implicit_ssl", "ptrace_sandbox", "http_enable",
	"seccomp_sandbox", "allow_writeable_chroot",
}

// vsftpdUints are the numbers with their defaults.
var vsftpdUints = map[string]uint32{
	"accept_timeout":          60,
	"connect_timeout":         60,
	"local_umask":             0o77,
	"anon_umask":              0o77,
	"ftp_data_port":           20,
	"idle_session_timeout":    300,
	"data_connection_timeout": 300,
	"pasv_min_port":           5001,
	"pasv_max_port":           0,
	"anon_max_rate":           0,
	"local_max_rate":          0,
	"listen_port":             21,
	"max_clients":             2000,
	"file_open_mode":          0o666,
	"max_per_ip":              50,
	"trans_chunk_size":        0,
	"delay_failed_login":      1,
	"delay_successful_login":  0,
	"max_login_fails":         3,
	"chown_upload_mode":       0o600,
}

// vsftpdTexts are the texts that have a default, vsftpdUnset those that have none.
var vsftpdTexts = map[string]string{ //nolint:gosec // names of files, no credentials
	"secure_chroot_dir":   "/var/run/vsftpd/empty",
	"ftp_username":        "ftp",
	"chown_username":      "root",
	"xferlog_file":        "/var/log/xferlog",
	"vsftpd_log_file":     "/var/log/vsftpd.log",
	"message_file":        ".message",
	"nopriv_user":         "nobody",
	"banned_email_file":   "/etc/vsftpd.banned_emails",
	"chroot_list_file":    "/etc/vsftpd.chroot_list",
	"pam_service_name":    "vsftpd",
	"guest_username":      "ftp",
	"userlist_file":       "/etc/vsftpd.user_list",
	"email_password_file": "/etc/vsftpd.email_passwords",
	"rsa_cert_file":       "/usr/share/ssl/certs/vsftpd.pem",
	"ssl_ciphers":         "ECDHE-RSA-AES256-GCM-SHA384",
}

var vsftpdUnset = []string{
	"ftpd_banner", "anon_root", "local_root", "banner_file", "pasv_address", "listen_address", "user_config_dir",
	"listen_address6", "cmds_allowed", "hide_file", "deny_file", "upload_file", "download_file", "user_sub_token",
	"dsa_cert_file", "rsa_private_key_file", "dsa_private_key_file", "ca_certs_file", "ssl_sni_hostname", "cmds_denied",
}
