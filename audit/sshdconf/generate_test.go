package sshdconf

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A generator of configurations: deterministic by its seed, mostly valid for the
// release, now and then wrong in one place.

// sample is one generated configuration.
type sample struct {
	// main is the main file's path; files are all of them by path.
	main  string
	files map[string]string
	specs []spec
	// arguments are those of the listener.
	arguments []string
}

// spec is a connection as both sides see it.
type spec struct {
	text string
	conn Conn
}

type generator struct {
	*rand.Rand
	rel rel
	dir string
	s   *sample
	// wrong is how likely an invalid element is.
	wrong  float64
	number int
}

// values by keyword: what is valid in every release that knows the keyword.
var validValues = map[string][]string{
	"Port":                            {"22", "2222", "ssh", "022", "65535", "http", "w3", "www", "both"},
	"AddressFamily":                   {"any", "inet", "INET6"},
	"ListenAddress":                   {"0.0.0.0", "::", "[::1]:2200", "127.0.0.1:2022", "10.1.2.3", "127.1", "2001:db8::1", "[2001:DB8:0:0::2]", "::ffff:1.2.3.4", "127.0.0.2:ssh", "*", "::1.2.3.4", "0x7f.0.0.1", "localhost", "LOCALHOST:2200", "named.example", "ALIAS:ssh", "six", "dup", "mapped", "far", "again"},
	"UsePAM":                          {"yes", "no", "YES"},
	"LoginGraceTime":                  {"0", "30", "2m", "1h30m", "1w2d3h4m5s", "60s", "2M30S", "0m"},
	"X11DisplayOffset":                {"0", "10", "99", "2147483647", "007"},
	"MaxAuthTries":                    {"1", "3", "6", "10"},
	"MaxSessions":                     {"0", "1", "50"},
	"ClientAliveInterval":             {"0", "15", "5m", "1h"},
	"ClientAliveCountMax":             {"0", "3", "8"},
	"StreamLocalBindMask":             {"0177", "0022", "777", "0", "17x"},
	"PermitRootLogin":                 {"yes", "no", "without-password", "prohibit-password", "forced-commands-only", "Prohibit-Password"},
	"IgnoreRhosts":                    {"yes", "no", "shosts-only"},
	"IgnoreUserKnownHosts":            {"yes", "no"},
	"HostbasedAuthentication":         {"yes", "no"},
	"HostbasedUsesNameFromPacketOnly": {"yes", "no"},
	"PubkeyAuthentication":            {"yes", "no", "No"},
	"KerberosAuthentication":          {"yes", "no"},
	"KerberosOrLocalPasswd":           {"yes", "no"},
	"KerberosTicketCleanup":           {"yes", "no"},
	"GSSAPIAuthentication":            {"yes", "no"},
	"GSSAPICleanupCredentials":        {"yes", "no"},
	"GSSAPIKeyExchange":               {"yes", "no"},
	"GSSAPIStrictAcceptorCheck":       {"yes", "no"},
	"GSSAPIStoreCredentialsOnRekey":   {"yes", "no"},
	"GSSAPIKexAlgorithms":             {"gss-gex-sha1-", "gss-group14-sha256-,gss-nistp256-sha256-", "gss-curve25519-sha256-toWM5Slw5Ew8Mqkay+al2g=="},
	"PasswordAuthentication":          {"yes", "no"},
	"KbdInteractiveAuthentication":    {"yes", "no"},
	"ChallengeResponseAuthentication": {"yes", "no"},
	"PrintMotd":                       {"yes", "no"},
	"PrintLastLog":                    {"yes", "no"},
	"X11Forwarding":                   {"yes", "no"},
	"X11UseLocalhost":                 {"yes", "no"},
	"PermitTTY":                       {"yes", "no"},
	"PermitUserRC":                    {"yes", "no"},
	"StrictModes":                     {"yes", "no"},
	"TCPKeepAlive":                    {"yes", "no"},
	"KeepAlive":                       {"yes", "no"},
	"PermitEmptyPasswords":            {"yes", "no"},
	"Compression":                     {"yes", "no", "delayed"},
	"GatewayPorts":                    {"yes", "no", "clientspecified"},
	"UseDNS":                          {"yes", "no"},
	"AllowTcpForwarding":              {"yes", "no", "all", "local", "remote"},
	"AllowAgentForwarding":            {"yes", "no"},
	"DisableForwarding":               {"yes", "no"},
	"AllowStreamLocalForwarding":      {"yes", "no", "all", "local", "remote"},
	"StreamLocalBindUnlink":           {"yes", "no"},
	"FingerprintHash":                 {"md5", "sha256", "SHA512", "sha1", "sha384"},
	"ExposeAuthInfo":                  {"yes", "no"},
	"DebianBanner":                    {"yes", "no"},
	"PidFile":                         {"/run/x.pid", "none", "relative.pid", "~/x.pid", "\"/run/with space.pid\""},
	"XAuthLocation":                   {"/usr/bin/xauth", "none", "bin/xauth"},
	"Ciphers": {"aes128-ctr", "aes256-gcm@openssh.com,chacha20-poly1305@openssh.com", "+aes128-cbc", "-aes*", "^aes256-ctr,aes192-ctr",
		"-aes128-ctr,*gcm*", "+3des-cbc,aes128-ctr", "aes128-ctr,,nosuch", "-*", "-nosuch"},
	"MACs":                            {"hmac-sha2-256", "+hmac-md5", "-umac*", "^hmac-sha2-512", "hmac-sha1-96,umac-64@openssh.com"},
	"KexAlgorithms":                   {"curve25519-sha256", "+diffie-hellman-group14-sha1", "-ecdh*", "^ecdh-sha2-nistp521,curve25519-sha256", "-diffie-hellman*,sntrup*", "curve25519-sha256@libssh.org,ecdh-sha2-nistp256"},
	"Banner":                          {"/etc/issue", "none", "NONE", "issue.net", "\"/etc/an issue\""},
	"ForceCommand":                    {"internal-sftp", "/bin/true --flag 'x y' \"z\"", "none", "None", "\"internal-sftp\"", "internal-sftp -u 0002", "a # b", "/bin/echo a=b"},
	"ChrootDirectory":                 {"/srv/%u", "none", "%h", "~", "\"/srv/with space\"", "NONE"},
	"TrustedUserCAKeys":               {"/etc/ssh/ca.pub", "none", "ca.pub"},
	"RevokedKeys":                     {"/etc/ssh/revoked", "none", "revoked", "~/revoked"},
	"SecurityKeyProvider":             {"internal", "/usr/lib/sk.so", "none", "Internal", "lib/x.so"},
	"AuthorizedPrincipalsFile":        {"/etc/principals/%u", ".ssh/principals", "none", "NONE", "~/principals"},
	"VersionAddendum":                 {"none", "hello world", "x # y", "\"quoted\"", "NONE", "a=b"},
	"AuthorizedKeysCommand":           {"/usr/bin/keys %u", "none", "/usr/bin/keys \"%u %k\"", "/k %f # x"},
	"AuthorizedKeysCommandUser":       {"nobody", "alice", "\"%u\""},
	"AuthorizedPrincipalsCommand":     {"/usr/bin/princ %u", "none", "/p"},
	"AuthorizedPrincipalsCommandUser": {"nobody", "root"},
	"HostKeyAgent":                    {"SSH_AUTH_SOCK", "/run/agent", "none", "agent"},
	"CASignatureAlgorithms":           {"ssh-ed25519", "+ssh-rsa", "-ecdsa*", "^rsa-sha2-512", "ssh-ed25519,rsa-sha2-256", "ecdsa-*"},
	"HostKeyAlgorithms":               {"ssh-ed25519", "+ssh-rsa", "-*cert*", "^rsa-sha2-512", "ssh-*", "ssh-ed25519,rsa-sha2-256,ecdsa-sha2-nistp256-cert-v01@openssh.com"},
	"HostbasedAcceptedKeyTypes":       {"ssh-ed25519", "+ssh-rsa", "-ecdsa*", "*"},
	"PubkeyAcceptedKeyTypes":          {"ssh-ed25519", "+ssh-rsa,ssh-rsa-cert-v01@openssh.com", "-ecdsa*", "^*ed25519*", "sk-*,ssh-ed25519", "-*"},
	"LogLevel":                        {"QUIET", "INFO", "verbose", "DEBUG", "debug1", "DEBUG3", "silent", "FATAL", "error"},
	"SyslogFacility":                  {"AUTH", "authpriv", "LOCAL3", "DAEMON", "user"},
	"AuthorizedKeysFile":              {".ssh/authorized_keys", "/etc/keys/%u .ssh/authorized_keys", "none", "~/.ssh/keys", "\"%h/a b\" c", "NONE", "/a /b /c", "~//x", "%d=x"},
	"HostKey":                         {"/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_ed25519_key", "none", "relkey", "\"/etc/a key\""},
	"HostDSAKey":                      {"/etc/ssh/ssh_host_dsa_key"},
	"HostCertificate":                 {"/etc/ssh/host-cert.pub", "none"},
	"AllowUsers":                      {"alice", "alice bob*", "*@10.0.0.0/8", "a@b@c alice@*", "alice,bob", "!alice", "\"with space\"", "alice@10.1.2.3,!10.1.2.4", "al?ce  carol", "a = b"},
	"DenyUsers":                       {"mallory", "*@192.0.2.1 x", "eve@evil.example", "m\\*"},
	"AllowGroups":                     {"staff", "wheel adm*", "a,b", "\"domain users\""},
	"DenyGroups":                      {"nogroup", "x y z"},
	"AcceptEnv":                       {"LANG LC_*", "FOO", "A B C", "*"},
	"SetEnv":                          {"A=1", "A=1 B=2", "A=\"x y\" B=3", "A=1 A=2", "\"A=b c\"", "X=", "A=b=c"},
	"AuthenticationMethods":           {"any", "publickey", "publickey,password password", "publickey,keyboard-interactive:pam", "none", "publickey,publickey hostbased"},
	"Subsystem":                       {"sftp internal-sftp", "sftp /usr/lib/openssh/sftp-server -f AUTH", "other /bin/x \"a b\" c", "\"a b\" /bin/y", "x \"/bin/a b\"", "q /bin/x 'y z' \\\"k", "NO no"},
	"MaxStartups":                     {"10", "10:30:60", "5:50:5", "100:1:100", "7:30:20x", "3"},
	"PermitTunnel":                    {"yes", "no", "point-to-point", "ethernet"},
	"IPQoS":                           {"lowdelay throughput", "af21", "ef cs1", "none", "0x10", "le", "AF41 none", "255", "16", "reliability", "cs0 0", "8 4", "none le"},
	"RekeyLimit":                      {"default none", "1G", "1G 1h", "500M 60", "default", "0", "16", "1.5K 2m", "default 30m", "1g none", "64b"},
	"PermitOpen":                      {"any", "none", "host:22", "a:1 b:2", "[::1]:80 *:*", "localhost:ssh", "x:*"},
	"PermitListen":                    {"any", "none", "8080", "localhost:8080", "*:9000 [::]:1", "ssh", "127.0.0.1:*", "*"},
	"PermitUserEnvironment":           {"yes", "no", "LANG,LC_*", "Yes"},
	"PubkeyAuthOptions":               {"none", "touch-required", "verify-required touch-required", "Verify-Required", "none touch-required"},
	"Protocol":                        {"2", "1,2", "x y z"},
	"UsePrivilegeSeparation":          {"sandbox", "yes"},
	"KeyRegenerationInterval":         {"1h"},
	"RSAAuthentication":               {"yes"},
	"RhostsRSAAuthentication":         {"no"},
	"UseLogin":                        {"no"},
	"AuthorizedKeysFile2":             {"x"},
	"KerberosGetAFSToken":             {"yes"},
	"DSAAuthentication":               {"yes", "no"},
	"PAMAuthenticationViaKbdInt":      {"yes"},
	"SkeyAuthentication":              {"no"},
	"PermitBlacklistedKeys":           {"yes"},
	"GSSAPIUseSessionCredCache":       {"no"},
}

// newValues are keywords of later releases, with the first.
var newValues = []struct {
	keyword string
	since   rel
	values  []string
}{
	{"PubkeyAcceptedAlgorithms", 805, []string{"ssh-ed25519", "+ssh-rsa", "-ecdsa*", "^rsa-sha2-256,ssh-ed25519", "rsa*"}},
	{"HostbasedAcceptedAlgorithms", 805, []string{"ssh-ed25519", "+ssh-rsa", "-sk*"}},
	{"LogVerbose", 805, []string{"none", "kex.c:*:1000", "kex.c:*:1000,auth.c:* x", "\"a b\" c"}},
	{"PerSourceMaxStartups", 805, []string{"none", "5", "2147483647", "0"}},
	{"PerSourceNetBlockSize", 805, []string{"24:64", "32:128", "0:0", "24", "20x"}},
	{"ModuliFile", 806, []string{"/etc/moduli", "none", "moduli"}},
	{"RequiredRSASize", 901, []string{"1024", "2048", "4096"}},
	{"ChannelTimeout", 902, []string{"none", "session:*=5m", "a=1 b=2h", "NONE", "*=0"}},
	{"UnusedConnectionTimeout", 902, []string{"none", "0", "60", "5m", "None"}},
	{"PAMServiceName", 908, []string{"sshd", "other", "\"a b\""}},
	{"PerSourcePenalties", 908, []string{"no", "yes", "crash:10 authfail:1m", "max:1h min:0", "overflow:deny-all", "overflow6:deny-all noauth:5s", "max-sources4:10 max-sources6:20", "crash:5 crash:6", "overflow:permissive overflow6:deny-all", "NO"}},
	{"PerSourcePenaltyExemptList", 908, []string{"10.0.0.0/8", "none", "10.0.0.0/8,!10.1.2.3", "*.x"}},
	{"SshdSessionPath", 908, []string{"/usr/lib/openssh/sshd-session", "none", "x"}},
	{"RefuseConnection", 909, []string{"yes", "no"}},
	{"SshdAuthPath", 1000, []string{"/usr/lib/openssh/sshd-auth", "y"}},
}

// wrongLines are refused, or at least odd, somewhere.
var wrongLines = []string{
	"NoSuchKeyword yes", "Port abc", "Port onlyudp", "Port SSH", "Port bad", "ListenAddress nosuch.example", "ListenAddress short", "PermitOpen x:www", "Port 0", "Port 70000", "Port", "Port 22 23", "PermitRootLogin maybe", "PermitRootLogin",
	"PermitRootLogin yes no", "UsePAM true", "MaxAuthTries -1", "MaxAuthTries x", "MaxAuthTries 99999999999", "LoginGraceTime 1x", "LoginGraceTime",
	"LoginGraceTime -5", "LoginGraceTime 9999999999", "LoginGraceTime +5", "AllowUsers", "AllowUsers alice@10.0.0.1/8", "AllowUsers \"\"", "AllowUsers # none", "DenyUsers x@",
	"AllowGroups \"\"", "AcceptEnv A=b", "AcceptEnv \"\"", "SetEnv A", "SetEnv \"\"", "Ciphers nosuch", "Ciphers +", "Ciphers", "MACs aes128-ctr", "KexAlgorithms *", "Ciphers +aes128-ctr,x",
	"HostKeyAlgorithms nosuch", "HostKeyAlgorithms RSA", "HostKeyAlgorithms !ssh-rsa,*", "CASignatureAlgorithms ssh-rsa-cert-v01@openssh.com", "CASignatureAlgorithms null", "PubkeyAcceptedKeyTypes nosuch*",
	"Subsystem sftp", "Subsystem", "Subsystem sftp \"\"", "MaxStartups 0", "MaxStartups x", "MaxStartups 10:30", "MaxStartups 10:200:60", "MaxStartups 60:30:10", "MaxStartups -5", "MaxStartups 1:2:3:4",
	"PerSourceNetBlockSize 33:1", "PerSourceNetBlockSize 1:129", "PerSourceMaxStartups x", "PermitOpen host", "PermitOpen a:b", "PermitOpen host/22", "PermitOpen any x:1", "PermitOpen x:1 any", "PermitListen a/b",
	"PermitListen any 80", "PermitTunnel Yes", "IPQoS bogus", "IPQoS 256", "IPQoS -1", "IPQoS ef ef ef", "IPQoS 010", "IPQoS ef \"\"", "RekeyLimit 5", "RekeyLimit x", "RekeyLimit 1Q", "RekeyLimit 1G 1x", "RekeyLimit 1G 1h 1", "RekeyLimit 1.2.3", "RekeyLimit -5",
	"RekeyLimit 99999999999E", "RekeyLimit \"1G\"", "StreamLocalBindMask 8", "StreamLocalBindMask 1777", "StreamLocalBindMask", "FingerprintHash sha3", "LogLevel LOUD", "LogLevel", "SyslogFacility KERN", "SyslogFacility",
	"AuthenticationMethods bogus", "AuthenticationMethods", "AuthenticationMethods any publickey", "AuthenticationMethods publickey any", "AuthenticationMethods publickey,", "AuthenticationMethods \"\"", "AuthenticationMethods hostbased,gssapi-keyex",
	"AuthorizedKeysCommand relative", "AuthorizedKeysCommand", "AuthorizedPrincipalsCommand keys", "AuthorizedKeysFile", "AuthorizedKeysFile \"\"", "AuthorizedKeysFile ~nosuch/x", "AuthorizedKeysFile ~bob", "AuthorizedKeysFile ~alice/x ~/y ~carol//z", "PidFile ~bob/x", "Banner ~", "AuthorizedPrincipalsFile ~alice", "PidFile ~nosuch/x", "ForceCommand", "ForceCommand \"unbalanced", "VersionAddendum",
	"VersionAddendum a\rb", "Banner", "ChrootDirectory", "ChrootDirectory /a /b", "RDomain x", "ListenAddress", "ListenAddress host/22", "ListenAddress [::1", "ListenAddress 1.2.3.4:x", "ListenAddress 1.2.3.4 rdomain 1", "ListenAddress 1.2.3.4 x",
	"ListenAddress \"1.2.3.4\"", "ListenAddress :22", "ListenAddress [::1]x", "PubkeyAuthOptions bogus", "Compression maybe", "GatewayPorts x", "Include", "Include \"\"", "Match", "Match bogus x", "Match User", "Match all x", "Match User x all", "Match Address 10.0.0.1/8", "Match LocalAddress ,",
	"Match LocalPort x", "Match LocalPort 22x", "Match User \"", "Match Exec true", "Match all all", "Match User x Host", "Match Address 10.0.0.0/8 bogus y", "\"Port\" 22", "\"Port\" = 22", "Port = = 22", "Port == 22", "Port=22=", "=Port 22", "Port\t=\t22", "  \fPort 22", "\fUsePAM yes",
	"ChannelTimeout x", "ChannelTimeout =5", "ChannelTimeout none a=1", "ChannelTimeout a=1 none", "ChannelTimeout a=x", "UnusedConnectionTimeout x", "UnusedConnectionTimeout none none", "PerSourcePenalties bogus", "PerSourcePenalties crash", "PerSourcePenalties no yes", "PerSourcePenalties crash:1 no",
	"PerSourcePenalties crash:x", "PerSourcePenalties max-sources4:", "PerSourcePenalties max-sources4:x", "PerSourcePenalties", "PerSourcePenaltyExemptList 10.0.0.1/8", "RequiredRSASize x", "LogVerbose none x", "LogVerbose x none", "LogVerbose", "LogVerbose \"\"",
	"GSSAPIKexAlgorithms curve25519-sha256", "KexAlgorithms gss-gex-sha1-", "KexAlgorithms gss-gex-sha1-x,curve25519-sha256", "PermitUserEnvironment", "Match invalid-user", "Match version OpenSSH_10.*", "Match version *", "Match user=alice", "Match version x", "Match invalid-user User x", "Match \"User alice\"", "Match User 'a b'",
	"Match all # comment", "Match User alice # comment", "Match # all", "Match User #x", "Match all=", "Match User=alice", "AllowUsers 'single", "AllowUsers \"unterminated", "Banner /a#b", "Banner /a #b", "Banner \"/a #b\"", "AllowUsers a#b c", "Protocol", "UseLogin", "Foo", "\xef\xbb\xbfPort 22", "AcceptEnv # x", "HostKey", "HostCertificate", "PidFile \"\"", "XAuthLocation a b",
	"Port 22 # ssh", "PermitOpen \"\"", "PermitOpen", "PermitListen", "PermitListen a:b:c", "AddressFamily inet4", "KerberosGetAFSToken", "UsePAM", "SetEnv # x", "PubkeyAuthOptions # x", "PubkeyAuthOptions", "X11DisplayOffset", "X11DisplayOffset \" 5\"", "X11DisplayOffset 5 6", "ClientAliveInterval \"\"",
	"Match Address 10.0.0.0/129", "Match Address 10.0.0.0/33", "Match Address \"10.0.0.0/ 8\"", "Match Address 10.0.0.0/+8", "Match Address 10.0.0.0/-1", "AllowUsers *@10.0.0.0/200", "DenyUsers \"*@10.0.0.0/ 8\"", "PerSourcePenaltyExemptList 10.0.0.0/129", "Match Address 10.0.0.0/8/", "Match Address !10.1.2.3", "Match Address a,,b", "Include nosuch.conf", "PermitRootLogin=no", "PermitRootLogin\tno", "PermitRootLogin = no", "ForceCommand = x", "ForceCommand=internal-sftp", "Banner=none", "Subsystem sftp = x", "PermitRootLogin \"no\"", "PermitRootLogin 'no'", "PermitRootLogin n\\o", "AllowUsers a\\ b", "AllowUsers DOM\\alice \"a\\\"b\"", "AllowUsers ''",
}

var matchLines = []string{
	"User alice", "User alice,bob", "User *,!root", "User !alice", "User a*e", "Group staff", "Group wheel,staff", "Group *,!wheel", "Group nosuch",
	"Host *.example.org", "Host WWW.Example.ORG", "Host 10.*", "Address 10.0.0.0/8", "Address 10.1.2.3,!10.9.9.9", "Address *,!10.1.*", "Address 2001:db8::/32", "Address 10.1.2.*", "Address host.example",
	"LocalAddress 192.0.2.1", "LocalAddress 192.0.2.0/24,::1", "LocalPort 22", "LocalPort 2222", "LocalPort ssh", "RDomain vrf*", "RDomain x", "all", "All", "User alice Address 10.0.0.0/8", "User bob Group staff",
	"Address 10.0.0.0/8 User alice,bob LocalPort 22", "Group staff User alice Host *", "User \"alice\"", "Address 0.0.0.0/0", "user ALICE", "USER alice", "Address 10.1.2.3/32 Group *", "User carol", "User root", "Group alice", "User a**e*", "User alice**", "Address 0x0a010203", "Address 10.66051", "Address ::ffff:0:0/96", "Address 2001:DB8::/32,10.0.0.0/8", "Host *,!www.*", "Host www.example.org,10.1.2.3", "Address 10.1.2.3,www.example.org", "LocalAddress *", "Group *,!nosuch", "Group !staff,*", "User *,!alice,!bob", "Address 010.1.2.3", "Address 10.1.2.003",
}

// newMatchLines are for 9.9 and later, or 10.0.
var newMatchLines = []string{"invalid-user", "invalid-user User alice", "version OpenSSH_10.0*", "version OpenSSH_9*", "version * User alice", "user=alice", "user=alice,bob address=10.0.0.0/8", "User \"al*\" Address \"10.0.0.0/8\"", "localport=22", "version=*", "Group=staff"}

var (
	users  = []string{"alice", "bob", "carol", "root", "nosuch", "ALICE"}
	groups = map[string][]string{"alice": {"alice", "staff"}, "bob": {"bob", "staff", "wheel"}, "carol": {"carol"}, "root": {"root"}}
	addrs  = []string{"10.1.2.3", "10.9.9.9", "192.0.2.77", "2001:db8::7", "::1", "nonsense", "::ffff:10.1.2.3"}
	hosts  = []string{"www.example.org", "WWW.example.org", "10.1.2.3", "evil.example"}
)

func pick[T any](g *generator, from []T) T { return from[g.IntN(len(from))] }

func (g *generator) chance(p float64) bool { return g.Float64() < p }

// keywords of the release, sorted so that the seed decides.
func (g *generator) keyword() (string, []string) {
	if g.chance(0.25) {
		for {
			n := pick(g, newValues)
			if n.since <= g.rel {
				return n.keyword, n.values
			}
			if g.rel < 805 {
				break
			}
		}
	}
	keyword := pick(g, sortedKeywords)
	return keyword, validValues[keyword]
}

func (g *generator) setting() string {
	keyword, values := g.keyword()
	value := pick(g, values)
	if g.chance(g.wrong / 20) {
		_, values = g.keyword()
		value = pick(g, values)
	}
	switch {
	case g.chance(0.1):
		keyword = strings.ToLower(keyword)
	case g.chance(0.05):
		keyword = strings.ToUpper(keyword)
	}
	separator := " "
	if g.chance(0.1) {
		separator = pick(g, []string{"\t", "  ", "=", " = ", " =", "= ", "\t \t"})
	}
	text := keyword + separator + value
	if g.chance(0.1) {
		text = pick(g, []string{" ", "\t", "   \t"}) + text
	}
	if g.chance(0.05) {
		text += pick(g, []string{" ", "\t ", "\r", " \f", "  \r"})
	}
	if g.chance(0.04) {
		text += pick(g, []string{" # comment", " #", "#x"})
	}
	return text
}

func (g *generator) matchLine() string {
	lines := matchLines
	if g.rel >= 1000 && g.chance(0.3) {
		lines = newMatchLines
	}
	return pick(g, []string{"Match ", "match ", "Match\t", "  Match "}) + pick(g, lines)
}

// inMatch keeps a line only if a block may hold it; most generated ones must.
func (g *generator) inMatch() string {
	r := newRules(version(g.rel), Build{PAM: true, Kerberos: true, GSSAPI: true, KeyExchange: true, Debian: true})
	for range 50 {
		line := g.setting()
		l, ok := splitLine("", 0, strings.TrimLeft(line, " \t"), r.argv)
		if !ok {
			continue
		}
		if w := r.words[strings.ToLower(l.keyword)]; w != nil && w.inMatch || g.chance(0.003) {
			return line
		}
	}
	return "PermitTTY no"
}

// lines makes a file's lines.
func (g *generator) lines(depth, count int) []string {
	var out []string
	inMatch := false
	for range count {
		switch {
		case g.chance(0.04):
			out = append(out, pick(g, []string{"", "# comment", "   # x", "\t", "#"}))
		case g.chance(0.14):
			out = append(out, g.matchLine())
			inMatch = true
		case depth < 4 && g.chance(0.06):
			out = append(out, g.include(depth))
		case inMatch:
			out = append(out, g.inMatch())
		default:
			out = append(out, g.setting())
		}
	}
	if g.chance(g.wrong) {
		at := g.IntN(len(out) + 1)
		out = append(out[:at:at], append([]string{pick(g, wrongLines)}, out[at:]...)...)
	}
	return out
}

func (g *generator) include(depth int) string {
	g.number++
	base := fmt.Sprintf("%s/d%d", g.dir, g.number)
	n := g.IntN(3)
	for i := range n {
		name := pick(g, []string{"50-a.conf", "9-b.conf", "Z.conf", "a.conf", "10-x.conf"})
		g.s.files[base+"/"+name] = g.text(g.lines(depth+1, 1+g.IntN(4)), i)
	}
	pattern := base + "/*.conf"
	switch {
	case g.chance(0.2):
		pattern = base + "/*.conf " + base + "/[0-9]*"
	case g.chance(0.2):
		pattern = "../.." + pattern
	case g.chance(0.1):
		pattern = "\"" + pattern + "\""
	case g.chance(0.1) && len(g.s.files) > 0:
		pattern = g.dir + "/d" + fmt.Sprint(1+g.IntN(g.number)) + "/*"
	}
	return "Include " + pattern
}

func (g *generator) text(lines []string, n int) string {
	end := "\n"
	if g.chance(0.1) {
		end = "\r\n"
	}
	text := strings.Join(lines, end)
	if n == 0 || g.chance(0.7) {
		text += end
	}
	if g.chance(0.02) {
		text = strings.Replace(text, "\n", "\x00junk\n", 1)
	}
	return text
}

// generate makes the sample of one seed for one release.
func generate(seed uint64, r rel, dir string) *sample {
	s := &sample{main: dir + "/sshd_config", files: map[string]string{}}
	g := &generator{Rand: rand.New(rand.NewPCG(seed, uint64(r))), rel: r, dir: dir, s: s}
	if g.chance(0.35) {
		g.wrong = 0.6
	}
	lines := g.lines(0, 3+g.IntN(25))
	if g.chance(0.9) {
		// Commands without a user are refused: keep most samples alive.
		lines = append([]string{"AuthorizedKeysCommandUser nobody", "AuthorizedPrincipalsCommandUser nobody"}, lines...)
	}
	s.files[s.main] = g.text(lines, 0)
	for g.chance(0.2) {
		s.arguments = append(s.arguments, g.argument()...)
	}
	if g.chance(g.wrong / 3) {
		s.files[s.main] = g.mutate(s.files[s.main])
	}
	for range 1 + g.IntN(3) {
		s.specs = append(s.specs, g.spec())
	}
	return s
}

// mutate changes a few bytes.
func (g *generator) mutate(text string) string {
	const bytes = " \t\r\f\v\n\"\"''\\##==,,!*?@:/[]-+^0123456789aAzZ~%\x00\x7f\xc3"
	b := []byte(text)
	for range 1 + g.IntN(3) {
		i := g.IntN(len(b))
		switch g.IntN(3) {
		case 0:
			b[i] = bytes[g.IntN(len(bytes))]
		case 1:
			b = append(b[:i:i], b[i+1:]...)
		default:
			b = append(b[:i:i], append([]byte{bytes[g.IntN(len(bytes))]}, b[i:]...)...)
		}
		if len(b) == 0 {
			return ""
		}
	}
	return string(b)
}

func (g *generator) argument() []string {
	switch g.IntN(8) {
	case 0:
		return []string{"-p", pick(g, []string{"2022", "2222", "ssh"})}
	case 1:
		return []string{pick(g, []string{"-4", "-6", "-q", "-d", "-De", "-dd"})}
	case 2:
		return []string{"-g" + pick(g, []string{"1m", "30", "0"})}
	case 3:
		return []string{"-c", "/etc/ssh/cert"}
	default:
		line := g.setting()
		if g.chance(0.03) {
			line = pick(g, wrongLines)
		}
		return []string{"-o" + strings.ReplaceAll(line, "\x00", "")}
	}
}

func (g *generator) spec() spec {
	var parts []string
	var c Conn
	add := func(key, value string, into *string) {
		parts = append(parts, key+"="+value)
		*into = value
	}
	if g.chance(0.85) {
		add("user", pick(g, users), &c.User)
		c.Groups = groups[c.User]
	}
	if g.chance(0.7) {
		add("host", pick(g, hosts), &c.Host)
	}
	if g.chance(0.8) {
		add("addr", pick(g, addrs), &c.Addr)
	}
	if g.chance(0.6) {
		add("laddr", pick(g, []string{"192.0.2.1", "::1", "10.0.0.1"}), &c.LocalAddr)
	}
	if g.chance(0.9) {
		c.LocalPort = pick(g, []int{22, 2222})
		parts = append(parts, fmt.Sprintf("lport=%d", c.LocalPort))
	}
	if g.chance(0.3) {
		add("rdomain", pick(g, []string{"vrf1", "x", ""}), &c.RDomain)
		c.HaveRDomain = true
	}
	if g.rel >= 909 && g.chance(0.3) {
		parts = append(parts, "invalid-user")
		c.InvalidUser = true
	}
	return spec{strings.Join(parts, ","), c}
}
