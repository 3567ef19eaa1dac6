package decide

import (
	"maps"
	"strings"
	"time"
	"unicode/utf16"

	"golang.org/x/crypto/ssh"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
)

// pathCases holds a state for every cause that is decided beforehand, or of
// which it is said what is missing.
func pathCases() map[string]pathCase {
	m := make(map[string]pathCase)
	for _, part := range []map[string]pathCase{serviceCases(), accountCases(), keyCases(), lineCases(), certificateCases(), sessionCases()} {
		maps.Copy(m, part)
	}
	return m
}

func live(w *world) {
	w.h.Accounts = factstest.DB(factstest.Passwd+"sshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n", factstest.Group)
	w.h.Live = true
	w.h.Servers[0].Running, w.h.Servers[0].PID = true, 1
}

func serviceCases() map[string]pathCase {
	problem := &facts.Problem{Failure: facts.Missing}
	client := func(types []string, name string) func(*world) {
		return func(w *world) {
			w.req.Client = name
			w.h.Servers[0] = withKeys(w.t, w.config, types...)
			w.via.Server = w.h.Servers[0]
		}
	}
	ed := []string{"ssh-ed25519"}
	return map[string]pathCase{
		"config-invalid":        {change: refusedConfig("Bad configuration option: nosuch")},
		"methods-unsatisfiable": {change: refusedConfig("AuthenticationMethods cannot be satisfied by enabled authentication methods")},
		"akc-user-unset":        {change: refusedConfig("AuthorizedKeysCommand set without AuthorizedKeysCommandUser")},
		"config-not-reloaded": {change: func(w *world) {
			live(w)
			w.h.Servers[0].Started, w.h.Servers[0].Newest = w.h.Now.Add(-time.Hour), w.h.Now
		}},
		"no-hostkeys": {change: func(w *world) {
			w.h.Servers[0].HostKeys = []facts.HostKey{{SystemFile: facts.SystemFile{Problem: problem}}}
		}},
		"privsep-user-missing": {change: func(w *world) { live(w); w.h.Accounts = factstest.DB(factstest.Passwd, factstest.Group) }},
		"privsep-dir": {change: func(w *world) {
			w.h.PrivsepDir = "/run/sshd"
			w.h.Files["/run/sshd"] = facts.SystemFile{Node: factstest.Dir("/run/sshd", 0o777, 0, 0)}
		}},
		"not-listening": {change: func(w *world) {
			live(w)
			w.h.Servers[0].Running = false
			w.h.Services = &facts.Services{Listened: true}
		}},
		"tcpwrappers-deny": {change: func(w *world) {
			w.via.Server.Wrapped, w.h.HostsDeny = true, facts.Text{Path: "/etc/hosts.deny", Content: "sshd: ALL\n"}
		}},
		"kex-no-match":     {config: "KexAlgorithms curve25519-sha256\n", change: client(ed, "libssh2_1.9.0")},
		"hostkey-no-match": {change: client([]string{"ecdsa-sha2-nistp256"}, "SSH-2.0-PuTTY_Release_0.63")},
		"cipher-no-match":  {config: "Ciphers aes256-cbc\n", change: client(ed, "OpenSSH_9.2p1 Debian-2")},
		"mac-no-match":     {config: "MACs umac-64@openssh.com\nCiphers aes128-ctr\n", change: client(ed, "PuTTY 0.78")},
	}
}

func accountCases() map[string]pathCase {
	root := func(method Method, change func(*world)) func(*world) {
		return func(w *world) {
			w.a.UID, w.req.Method = 0, method
			w.key.UID, w.a.Home.UID = 0, 0
			for i := range w.key.Dirs {
				w.key.Dirs[i].UID = 0
			}
			change(w)
		}
	}
	return map[string]pathCase{
		"refuse-connection":         {config: "Match User alice\nRefuseConnection yes\n", release: audit.OpenSSH{Major: 10, Minor: 0, Patch: 2}},
		"user-unknown":              {change: func(w *world) { w.req.User = "nobody-here" }},
		"user-expired":              {change: shadowed(func(s *accounts.Shadow) { s.ExpireOn = 18000 })},
		"user-locked":               {change: shadowed(func(s *accounts.Shadow) { s.Password = accounts.PasswordLocked })},
		"user-shell-missing":        {change: func(w *world) { w.a.Login.Problem = &facts.Problem{Failure: facts.Missing} }},
		"user-shell-not-executable": {change: func(w *world) { w.a.Login.Mode = 0o644 }},
		"user-denied":               {config: "DenyUsers alice@203.0.113.0/24\n"},
		"user-not-allowed":          {config: "AllowUsers bob,alice\n"},
		"user-no-groups":            {config: "AllowGroups *\n", change: func(w *world) { w.a.GID = 4711; w.h.Accounts = factstest.DB(factstest.Passwd, "") }},
		"group-denied":              {config: "DenyGroups web\n"},
		"group-not-allowed":         {config: "AllowGroups admin\n"},
		"methods-none-left":         {config: "Match User alice\nAuthenticationMethods publickey\nPubkeyAuthentication no\n"},
		"method-disabled":           {config: "PubkeyAuthentication no\n"},
		"method-partial":            {config: "AuthenticationMethods publickey,password\n"},
		"auth-tries-exceeded":       {config: "MaxAuthTries 0\n"},
		"root-refused":              {config: "PermitRootLogin no\n", change: root(Publickey, nothing)},
		"root-forced-only":          {config: "PermitRootLogin forced-commands-only\n", change: root(Publickey, nothing)},
		"password-root":             {change: both(root(Password, typed(func(*accounts.Shadow) {})))},
		"password-wrong":            {change: typed(func(s *accounts.Shadow) { s.Password = accounts.PasswordImpossible })},
		"password-empty":            {change: typed(func(s *accounts.Shadow) { s.Password = accounts.PasswordEmpty })},
		"kbdint-no-device":          {change: func(w *world) { w.req.Method = KeyboardInteractive }},
		"pam-init-failed":           {config: "UsePAM yes\n", change: stacked("")},
		"pam-account-denied":        {config: "UsePAM yes\n", change: stacked("account required pam_deny.so\nsession required pam_permit.so\n")},
		"pam-setcred-failed": {config: "UsePAM yes\n", change: both(func(w *world) { w.req.Method = KeyboardInteractive },
			stacked("auth required pam_debug.so cred=cred_err\naccount required pam_permit.so\nsession required pam_permit.so\n"))},
		"pam-session-failed":      {config: "UsePAM yes\n", change: stacked("account required pam_permit.so\nsession required pam_deny.so\n")},
		"password-expired-pam":    {config: "UsePAM yes\n", change: both(stacked("account required pam_unix.so\nsession required pam_permit.so\n"), func(w *world) { w.a.Shadow.LastChange = 0 })},
		"password-expired-shadow": {config: sftpConfig, change: typed(func(s *accounts.Shadow) { s.LastChange = 0 })},
	}
}

func keyCases() map[string]pathCase {
	problem := func(f facts.Failure) func(*world) {
		return func(w *world) {
			w.key.Keys, w.key.Problem = nil, &facts.Problem{Failure: f, At: w.key.Path, Why: "said by the system"}
		}
	}
	command := func(change func(*facts.Program)) func(*world) {
		return func(w *world) {
			lines("# nothing")(w)
			p := &facts.Program{Setting: "/usr/bin/keys", SystemFile: facts.SystemFile{Node: factstest.File("/usr/bin/keys", 0o755, 0, 0)}, Dirs: []facts.Node{factstest.Dir("/", 0o755, 0, 0)}}
			change(p)
			w.via.Policy.Command = p
			w.key.Problem, w.key.Keys = &facts.Problem{Failure: facts.Uncertain}, nil
			w.via.KeyFiles = nil
		}
	}
	const runs = "AuthorizedKeysFile none\nAuthorizedKeysCommand /usr/bin/keys\nAuthorizedKeysCommandUser "
	revoked := func(text string) func(*world) {
		return func(w *world) {
			w.via.Policy.RevokedFiles = []*facts.KeyList{{List: authkeys.ParseRevoked([]byte(text), w.rules())}}
		}
	}
	return map[string]pathCase{
		"client-no-sigalg":     {config: "PubkeyAcceptedAlgorithms ssh-ed25519\n", release: audit.OpenSSH{Major: 9, Minor: 9, Patch: 1}, change: rsa(2048)},
		"key-alg-unknown":      {release: audit.OpenSSH{Major: 10, Minor: 0, Patch: 2}, change: func(w *world) { k := *w.req.Key; k.Type = "ssh-dss"; w.req.Key = &k }},
		"key-alg-not-accepted": {config: "PubkeyAcceptedAlgorithms rsa-sha2-512\n"},
		"key-rsa-too-small":    {config: "RequiredRSASize 3072\n", change: rsa(2048)},
		"akf-none":             {config: "AuthorizedKeysFile none\n", change: func(w *world) { w.via.KeyFiles = nil }},
		"akf-missing":          {change: problem(facts.Missing)},
		"akf-unreadable":       {change: problem(facts.Denied)},
		"akf-path-too-long":    {change: problem(facts.TooLong)},
		"akf-not-regular":      {change: func(w *world) { w.key.Type = facts.Directory }},
		"akf-bad-token":        {change: func(w *world) { w.key.BadToken = 'q' }},
		"akf-strict-file":      {change: func(w *world) { w.key.Mode = 0o666 }},
		"akf-strict-dir":       {change: func(w *world) { w.key.Dirs[0].Mode = 0o777 }},
		"key-revoked":          {change: revoked(factstest.Ed25519(1))},
		"revoked-file-error":   {change: revoked("garbage\n")},
		"akc-user-missing":     {config: runs + "nosuchuser\n", change: command(func(*facts.Program) {})},
		"akc-missing":          {config: runs + "root\n", change: command(func(p *facts.Program) { p.Problem = &facts.Problem{Failure: facts.Missing} })},
		"akc-unsafe":           {config: runs + "root\n", change: command(func(p *facts.Program) { p.Mode = 0o777 })},
		"sk-no-uv": {config: sftpConfig + "PubkeyAuthOptions verify-required\n", change: func(w *world) {
			sk := "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAAAABHNzaDo="
			w.offer(sk)
			factstest.Write(w.h, w.key, sk+"\n")
		}},
		"selinux-context": {config: sftpConfig, change: func(w *world) { w.h.SELinux, w.key.Label = true, "system_u:object_r:default_t:s0" }},
	}
}

func lineCases() map[string]pathCase {
	plain := strings.Fields(factstest.Ed25519(1))
	blob := plain[1]
	encoded := func(text string) func(*world) {
		return func(w *world) {
			var b strings.Builder
			for _, u := range utf16.Encode([]rune(text)) {
				b.WriteByte(byte(u))
				b.WriteByte(byte(u >> 8))
			}
			factstest.Write(w.h, w.key, b.String())
		}
	}
	// What is no key any more is met where the client's key is not named.
	unnamed := func(text string) func(*world) {
		return func(w *world) { factstest.Write(w.h, w.key, text+"\n"); w.req.Key = nil }
	}
	return map[string]pathCase{
		"ak-not-listed":  {change: lines("# nobody")},
		"ak-bom":         {change: lines("\ufeffKEY")},
		"ak-utf16":       {change: encoded(factstest.Ed25519(1))},
		"ak-nul":         {change: lines("\x00KEY")},
		"ak-wrapped":     {change: unnamed(plain[0] + " " + blob[:40] + "\n" + blob[40:])},
		"ak-rfc4716":     {change: unnamed("---- BEGIN SSH2 PUBLIC KEY ----\n" + blob + "\n---- END SSH2 PUBLIC KEY ----")},
		"ak-ppk":         {change: unnamed("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\nPublic-Lines: 2\n" + blob[:64] + "\n" + blob[64:] + "\nPrivate-Lines: 1\nAAAA\nPrivate-MAC: 00")},
		"ak-private-key": {change: unnamed("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----")},
		"ak-certificate": {change: func(w *world) {
			w.certify(nothingSigned)
			factstest.Write(w.h, w.key, w.certificate)
			w.req.Key = nil
		}},
		"ak-no-type":          {change: unnamed(blob)},
		"ak-type-word":        {change: unnamed("ssh-ed25518 " + blob)},
		"ak-blob-corrupt":     {change: unnamed(plain[0] + " " + blob[:len(blob)-5])},
		"ak-commented":        {change: lines("#KEY")},
		"ak-unknown-option":   {change: lines("no-such-option KEY")},
		"ak-option-space":     {change: lines("no-pty, restrict KEY")},
		"ak-option-syntax":    {change: lines("from=203.0.113.7 KEY")},
		"ak-option-quote":     {change: lines(`from="203.0.113.7 KEY`)},
		"ak-from":             {change: lines(`from="192.0.2.1" KEY`)},
		"ak-expired":          {change: lines(`expiry-time="20200101" KEY`)},
		"ak-ca-flag":          {change: lines("cert-authority KEY")},
		"ak-principals-no-ca": {change: lines(`principals="alice" KEY`)},
		"ak-rsa-tiny":         {change: func(w *world) { factstest.Write(w.h, w.key, factstest.RSA(512)); w.req.Key = nil }},
	}
}

func nothingSigned(*ssh.Certificate) {}

func certificateCases() map[string]pathCase {
	principals := func(text string) func(*world) {
		return both(certified(nothingSigned), func(w *world) {
			p := &facts.Principals{List: authkeys.ParsePrincipals([]byte(text), w.rules())}
			p.KeyFile = facts.KeyFile{Setting: "/etc/principals", Path: "/etc/principals", Node: factstest.File("/etc/principals", 0o644, 0, 0), Dirs: []facts.Node{factstest.Dir("/etc", 0o755, 0, 0), factstest.Dir("/", 0o755, 0, 0)}}
			w.via.Principals = p
		})
	}
	const file = "AuthorizedPrincipalsFile /etc/principals\n"
	return map[string]pathCase{
		"cert-sigalg":                  {config: "CASignatureAlgorithms rsa-sha2-512\n", change: certified(nothingSigned)},
		"ca-not-trusted":               {change: func(w *world) { w.certify(nothingSigned) }},
		"ca-file-error":                {change: both(certified(nothingSigned), func(w *world) { w.via.Policy.Authorities.List = authkeys.ParseList([]byte("garbage\n"), w.rules()) })},
		"principals-file-missing":      {config: file, change: both(principals(""), func(w *world) { w.via.Principals.Problem = &facts.Problem{Failure: facts.Missing} })},
		"principal-not-authorized":     {config: file, change: principals("bob\n")},
		"principals-options":           {config: file, change: principals("from=\"192.0.2.1\" alice\n")},
		"cert-wrong-type":              {change: certified(func(c *ssh.Certificate) { c.CertType = ssh.HostCert })},
		"cert-not-yet-valid":           {change: certified(func(c *ssh.Certificate) { c.ValidAfter = 4_000_000_000; c.ValidBefore = ssh.CertTimeInfinity })},
		"cert-expired":                 {change: certified(func(c *ssh.Certificate) { c.ValidBefore = 1_000_000_000 })},
		"cert-no-principals":           {change: both(certified(nothingSigned), func(w *world) { w.req.Key.Cert.Principals = nil })},
		"cert-name-not-principal":      {change: certified(func(c *ssh.Certificate) { c.ValidPrincipals = []string{"bob"} })},
		"cert-critical-option":         {change: certified(func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"foo@example.com": ""} })},
		"cert-source-address":          {change: certified(func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"source-address": "192.0.2.0/24"} })},
		"cert-forced-command-conflict": {config: file, change: both(principals("command=\"a\" alice\n"), conflicting)},
	}
}

// conflicting gives the certificate a forced command of its own.
func conflicting(w *world) {
	old := w.via.Principals
	certified(func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"force-command": "b"} })(w)
	w.via.Principals = old
}

func sessionCases() map[string]pathCase {
	const external = "Subsystem sftp /usr/lib/openssh/sftp-server\n"
	server := func(change func(*world)) func(*world) {
		return func(w *world) {
			w.h.Servers[0].Installed = true
			w.via.Session.Programs["/usr/lib/openssh/sftp-server"] = facts.SystemFile{Node: factstest.File("/usr/lib/openssh/sftp-server", 0o755, 0, 0)}
			change(w)
		}
	}
	command := func(w *world) { w.req.Service = SSH }
	missing := &facts.Problem{Failure: facts.Missing}
	return map[string]pathCase{
		"chroot-relative": {config: sftpConfig + "ChrootDirectory jail\n", change: func(w *world) { w.via.Session.Chroot = &facts.Chroot{Path: "jail"} }},
		"chroot-too-long": {config: sftpConfig, change: func(w *world) {
			w.via.Session.Chroot = &facts.Chroot{Path: audit.Untrusted("/" + strings.Repeat("a", 5000))}
		}},
		"chroot-missing":   {config: sftpConfig, change: chrooted("/srv/jail", func(f *facts.SystemFile) { f.Problem = missing })},
		"chroot-component": {config: sftpConfig, change: both(chrooted("/srv/jail", func(*facts.SystemFile) {}), func(w *world) { w.via.Session.Chroot.Elements[1].Mode = 0o777 })},
		"chroot-target":    {config: sftpConfig, change: chrooted("/srv/jail", func(f *facts.SystemFile) { f.UID = 1000 })},
		"chroot-not-dir":   {config: sftpConfig, change: chrooted("/srv/jail", func(f *facts.SystemFile) { f.Type = facts.Regular })},
		"max-sessions":     {config: sftpConfig + "MaxSessions 0\n"},
		"nologin-file": {config: sftpConfig, change: func(w *world) {
			w.via.Session.NoLogin = facts.SystemFile{Node: factstest.File("/etc/nologin", 0o644, 0, 0)}
		}},
		"subsystem-not-configured": {},
		"sftp-binary-missing": {config: external, change: server(func(w *world) {
			w.via.Session.Programs["/usr/lib/openssh/sftp-server"] = facts.SystemFile{Problem: missing}
		})},
		"shell-exec-failed": {config: "ForceCommand /no/such\n", change: both(command, func(w *world) {
			w.h.Servers[0].Installed = true
			w.via.Session.Programs["/no/such"] = facts.SystemFile{Problem: missing}
		})},
		"shell-restricted": {change: both(command, shell("/usr/sbin/nologin"))},
		"shell-output": {config: external, change: server(func(w *world) {
			w.via.Session.Startup = []facts.Text{{Path: "/home/alice/.bashrc", Content: "echo hi\n"}}
		})},
		"sshrc-output":                 {config: sftpConfig, change: func(w *world) { w.via.Session.RC = facts.Text{Path: "/etc/ssh/sshrc", Content: "echo hi\n"} }},
		"forced-command-replaces-sftp": {config: sftpConfig, change: lines(`command="echo hi" KEY`)},
		"sftp-only":                    {config: "ForceCommand internal-sftp\n", change: command},
		"internal-sftp-args":           {config: "Subsystem sftp internal-sftp -Z\n"},
	}
}
