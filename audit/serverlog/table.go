package serverlog

// line is one message of the log: its format, what it is, what it proves.
//
// Fields stand in braces. {user} and {text} take anything; {iu} is "invalid user "
// or nothing; {addr}, {port}, {method}, {key} and {pid} are taken over, {word} is
// one word that is not, {number} a number; {spoken} is what a client said instead
// of its version. The words "error: ", "fatal: " and " [preauth]" around a
// message are taken off first (log.c, monitor.c monitor_read_log).
type line struct {
	format string
	kind   Kind
	cause  string
}

// table holds the lines of OpenSSH 8.4 to 10.x, of libwrap and of PAM modules,
// each with the sources' own words. Where releases differ there is a row for each.
var table = []line{
	// sshd.c: the listener.
	{"Server listening on {addr} port {port}.", Listener, ""},
	{"Received SIGHUP; restarting.", Listener, ""},
	{"Received signal {word}; terminating.", Listener, ""},
	{"Bind to port {port} on {addr} failed: {text}.", Listener, "bind-failed"},
	{"Cannot bind any address.", Listener, "bind-failed"},
	{"{path}: terminating, {word} bad configuration options", Listener, "config-invalid"},
	{"sshd: no hostkeys available -- exiting.", Listener, "no-hostkeys"},
	{"Missing privilege separation directory: {text}", Listener, "privsep-dir"},
	{"{path} must be owned by root and not group or world-writable.", Listener, "privsep-dir"},
	{"Privilege separation user {word} does not exist", Listener, "privsep-user-missing"},
	{"{path} does not exist or is not executable", Listener, "session-binary-missing"}, // 9.8 and later
	{"AuthenticationMethods cannot be satisfied by enabled authentication methods", Listener, "methods-unsatisfiable"},
	{"AuthorizedKeysCommand set without AuthorizedKeysCommandUser", Listener, "akc-user-unset"},
	{"AuthorizedPrincipalsCommand set without AuthorizedPrincipalsCommandUser", Listener, "akc-user-unset"},
	{"Unable to load host key \"{text}\": {text}", Listener, "hostkey-unusable"},
	{"Unable to load host key: {text}", Listener, ""},
	{"main: Host key {text}: {text}", Listener, "hostkey-unusable"},
	{"Permissions {word} for '{text}' are too open.", Listener, ""},
	{"It is required that your private key files are NOT accessible by others.", Listener, ""},
	{"This private key will be ignored.", Listener, ""},
	{"fork: {text}", Listener, "limits-nproc"},
	// servconf.c: what sshd only warns of stands before what it refuses.
	{"{path} line {number}: Deprecated option {text}", Listener, ""},
	{"{path} line {number}: Unsupported option {text}", Listener, ""},
	{"{path} line {number}: {text}", Listener, "config-invalid"},
	{"{path}: line {number}: {text}", Listener, "config-invalid"},
	{"beginning MaxStartups throttling", Listener, "maxstartups"},
	{"in MaxStartups throttling for {text}", Listener, "maxstartups"},
	{"exited MaxStartups throttling after {text}", Listener, ""},
	{"drop connection {word} from [{addr}]:{port} on [{word}]:{word} past MaxStartups", Refused, "maxstartups"}, // up to 9.7
	{"drop connection {word} from [{addr}]:{port} on [{word}]:{word} Maxstartups", Refused, "maxstartups"},
	{"drop connection {word} from [{addr}]:{port} on [{word}]:{word} penalty: {text}", Refused, "penalty-active"},
	{"drop connection {word} from [{addr}]:{port} on [{word}]:{word} too many penalised addresses", Refused, "penalty-table-full"},
	{"srclimit_penalise: {text}", Listener, ""},
	{"refused connect from {word} ({addr})", Refused, "tcpwrappers-deny"}, // libwrap refuse.c
	{"Timeout before authentication for connection from {addr} to {word} pid = {pid}", Refused, "login-grace-timeout"},
	{"Timeout before authentication for {addr} port {port}", Refused, "login-grace-timeout"}, // up to 9.7
	{"Connection from {addr} port {port} on {word} port {word}", Attempt, ""},
	{"Connection from {addr} port {port} on {word} port {word} rdomain {text}", Attempt, ""},

	// kex.c, dispatch.c, packet.c: identification and key exchange.
	{"kex_exchange_identification: Connection closed by remote host", Closed, "ident-closed"},
	{"kex_exchange_identification: read: Connection reset by peer", Closed, "ident-closed"},
	{"kex_exchange_identification: client sent invalid protocol identifier \"{spoken}\"", Refused, "ident-invalid"},
	{"kex_exchange_identification: banner line contains invalid characters", Refused, "proto-tls-to-ssh"},
	{"kex_exchange_identification: banner line too long", Refused, "ident-invalid"},
	{"banner exchange: Connection from {addr} port {port}: {text}", Refused, "ident-invalid"},
	{"Protocol major versions differ: {text}", Refused, "ident-version"},
	{"Unable to negotiate with {addr} port {port}: no matching key exchange method found. Their offer: {text}", Refused, "kex-no-match"},
	{"Unable to negotiate with {addr} port {port}: no matching host key type found. Their offer: {text}", Refused, "hostkey-no-match"},
	{"Unable to negotiate with {addr} port {port}: no matching cipher found. Their offer: {text}", Refused, "cipher-no-match"},
	{"Unable to negotiate with {addr} port {port}: no matching MAC found. Their offer: {text}", Refused, "mac-no-match"},
	{"Unable to negotiate with {addr} port {port}: no matching compression method found. Their offer: {text}", Refused, "compression-no-match"},
	{"ssh_dispatch_run_fatal: Connection from {addr} port {port}: {text}", Closed, "transport-error"},
	{"ssh_dispatch_run_fatal: Connection from user {user} {addr} port {port}: {text}", Closed, "transport-error"},
	{"Bad packet length {text}", Closed, "transport-error"},
	{"WARNING: no suitable primes (size {text}) in {text}", Refused, "dh-no-group"}, // 10.0 and later

	// auth.c getpwnamallow, allowed_user, auth_root_allowed; auth2.c.
	{"Invalid user {user} from {addr} port {port}", Refused, "user-unknown"},
	{"Account {user} has expired", Refused, "user-expired"},
	{"User {user} not allowed because account is locked", Refused, "user-locked"},
	{"User {user} not allowed because shell {text} does not exist", Refused, "user-shell-missing"},
	{"User {user} not allowed because shell {text} is not executable", Refused, "user-shell-not-executable"},
	{"User {user} from {host} not allowed because listed in DenyUsers", Refused, "user-denied"},
	{"User {user} from {host} not allowed because not listed in AllowUsers", Refused, "user-not-allowed"},
	{"User {user} from {host} not allowed because not in any group", Refused, "user-no-groups"},
	{"User {user} from {host} not allowed because a group is listed in DenyGroups", Refused, "group-denied"},
	{"User {user} from {host} not allowed because none of user's groups are listed in AllowGroups", Refused, "group-not-allowed"},
	{"administratively prohibited connection for {iu}{user} from {addr} port {port}", Refused, "refuse-connection"},
	{"Could not get shadow information for {text}", Attempt, ""},
	{"Disabled method \"{word}\" in AuthenticationMethods list \"{text}\"", Attempt, ""},
	{"Authentication methods list \"{text}\" contains disabled method, skipping", Attempt, ""},
	{"Disconnecting authenticating user {user} {addr} port {port}: no authentication methods enabled", Refused, "methods-none-left"},
	{"ROOT LOGIN REFUSED FROM {addr} port {port}", Refused, "root-refused"},
	{"Root login accepted for forced command.", Attempt, ""},
	{"maximum authentication attempts exceeded for {iu}{user} from {addr} port {port} ssh2", Refused, "auth-tries-exceeded"},
	{"Disconnecting invalid user {user} {addr} port {port}: Too many authentication failures", Refused, "auth-tries-exceeded"},
	{"Disconnecting authenticating user {user} {addr} port {port}: Too many authentication failures", Refused, "auth-tries-exceeded"},
	{"No AuthenticationMethods left after eliminating disabled methods", Refused, "methods-none-left"},
	{"PAM: initialisation failed", Refused, "pam-init-failed"},

	// auth2-pubkey.c, auth2-pubkeyfile.c, misc.c safe_path.
	{"userauth_pubkey: key type {word} not in PubkeyAcceptedKeyTypes", Refused, "key-alg-not-accepted"},              // 8.4
	{"userauth_pubkey: key type {word} not in PubkeyAcceptedAlgorithms", Refused, "key-alg-not-accepted"},            // 8.5 to 8.9
	{"userauth_pubkey: signature algorithm {word} not in PubkeyAcceptedAlgorithms", Refused, "key-alg-not-accepted"}, // 9.0 and later
	{"userauth_pubkey: unsupported public key algorithm: {word}", Refused, "key-alg-unknown"},
	{"refusing RSA key: Invalid key length", Refused, "key-rsa-too-small"}, // 9.1 and later
	{"userauth_pubkey: parse key: {text}", Refused, "key-undecodable"},
	{"userauth_pubkey: certificate signature algorithm {word}: signature algorithm not supported", Refused, "cert-sigalg"},
	{"refusing previously-used {word} key", Refused, "key-already-used"},
	{"Authentication refused: bad ownership or modes for file {text}", Refused, "akf-strict-file"},
	{"Authentication refused: bad ownership or modes for directory {text}", Refused, "akf-strict-dir"},
	{"Authentication refused: realpath {text} failed: {text}", Refused, "akf-strict-realpath"},
	{"User '{user}' authorized keys '{text}' is not a regular file", Refused, "akf-not-regular"}, // 9.1 and later
	{"User {user} authorized keys {text} is not a regular file", Refused, "akf-not-regular"},
	{"Could not open user '{user}' authorized keys '{text}': {text}", Refused, "akf-unreadable"}, // 9.1 and later
	{"{path}: Authentication tried for {user} with correct key but not from a permitted host (host={word}, ip={addr}, required={text}).", Refused, "ak-from"},
	{"Refused by key options", Refused, ""},
	{"Refused by key options at {text}", Refused, ""}, // 10.1 and later
	{"invalid key option string", Attempt, ""},
	{"invalid key option string at {text}", Attempt, ""},
	{"Authentication key {word} {key} revoked by file {text}", Refused, "key-revoked"},
	{"Error checking authentication key {word} {key} in revoked keys file {text}", Refused, "revoked-file-error"},
	{"Certificate invalid: expired", Refused, "cert-expired"},
	{"Certificate invalid: not yet valid", Refused, "cert-not-yet-valid"},
	{"Certificate invalid: name is not a listed principal", Refused, "cert-name-not-principal"},
	{"Certificate lacks principal list", Refused, "cert-no-principals"},
	{"Certificate does not contain an authorized principal", Refused, "principal-not-authorized"},
	{"Certificate critical option \"{text}\" is not supported", Refused, "cert-critical-option"},
	{"Refused by certificate options", Refused, "cert-source-address"},
	{"cert: Authentication tried for {user} with valid certificate but not from a permitted source address ({addr}).", Refused, "cert-source-address"},
	{"{path}: Authentication tried for {user} with valid certificate but not from a permitted source address ({addr}).", Refused, "cert-source-address"},
	{"Invalid certificate options", Refused, ""},
	// 10.1 and later. The id is the signer's own text, so the end decides.
	{"Refusing certificate ID {text}: Certificate invalid: expired", Refused, "cert-expired"},
	{"Refusing certificate ID {text}: Certificate invalid: not yet valid", Refused, "cert-not-yet-valid"},
	{"Refusing certificate ID {text}: Certificate invalid: name is not a listed principal", Refused, "cert-name-not-principal"},
	{"Refusing certificate ID {text}: Certificate lacks principal list", Refused, "cert-no-principals"},
	{"Refusing certificate ID {text}: Certificate does not contain an authorized principal", Refused, "principal-not-authorized"},
	{"Refusing certificate ID {text}: Refused by certificate options", Refused, "cert-source-address"},
	{"Refusing certificate ID {text}: Certificate critical option \"{word}\" is not supported", Refused, "cert-critical-option"},
	{"AuthorizedKeysCommand {text} failed, status {word}", Refused, "akc-failed"},
	{"Unsafe AuthorizedKeysCommand \"{text}\": {text}", Refused, "akc-unsafe"},
	{"Could not stat AuthorizedKeysCommand \"{text}\": {text}", Refused, "akc-missing"},
	{"No user for AuthorizedKeysCommand specified, skipping", Attempt, ""},
	{"vdollar_percent_expand: unknown key {text}", Refused, "akf-bad-token"},
	{"percent_expand failed", Refused, ""},
	{"percent_expand: failed", Refused, ""}, // 9.1 and later

	// auth.c auth_log, auth-pam.c: the outcome of a method.
	{"Failed {method} for {iu}{user} from {addr} port {port} ssh2", Refused, ""},
	{"Failed {method} for {iu}{user} from {addr} port {port} ssh2: {word} {key}", Refused, ""},
	{"Failed {method} for {iu}{user} from {addr} port {port} ssh2: {word} {key} {text}", Refused, ""},
	{"Postponed {method} for {iu}{user} from {addr} port {port} ssh2", Attempt, ""},
	{"Postponed {method} for {iu}{user} from {addr} port {port} ssh2 [preauth]", Attempt, ""},
	{"Partial {method} for {user} from {addr} port {port} ssh2", Refused, "method-partial"},
	{"Partial {method} for {user} from {addr} port {port} ssh2: {word} {key}", Refused, "method-partial"},
	{"Accepted key {word} {key} found at {text}", Attempt, ""},
	{"Accepted certificate ID {text}", Attempt, ""},
	{"Accepted {method} for {user} from {addr} port {port} ssh2", Accepted, ""},
	{"Accepted {method} for {user} from {addr} port {port} ssh2: {word} {key}", Accepted, ""},
	{"Accepted {method} for {user} from {addr} port {port} ssh2: {word} {key} {text}", Accepted, ""},
	{"PAM: {text} for illegal user {user} from {host}", Refused, ""},
	{"PAM: {text} for {user} from {host}", Refused, ""},
	{"Access denied for user {user} by PAM account configuration", Refused, "pam-account-denied"},
	{"monitor_read: unsupported request: {word}", Refused, ""},

	// PAM modules, in the name of their program.
	{"pam_unix(sshd:session): session opened for user {user}(uid={word}) by {text}", Opened, ""},
	{"pam_unix(sshd:session): session opened for user {user} by {text}", Opened, ""},
	{"pam_unix(sshd:session): session closed for user {user}", Closed, ""},
	{"pam_unix(sshd:account): account {user} has expired (account expired)", Refused, "pam-account-denied"},
	{"pam_unix(sshd:account): account {user} has expired (failed to change password)", Refused, "pam-account-denied"},
	{"pam_unix(sshd:account): expired password for user {user} ({text})", Broken, "password-expired-pam"},
	{"pam_unix(sshd:auth): authentication failure; {text} rhost={host}  user={user}", Refused, ""},
	{"pam_unix(sshd:auth): authentication failure; {text} rhost={host} ", Refused, ""},
	{"pam_unix(sshd:auth): check pass; user unknown", Refused, ""},
	{"pam_faillock(sshd:auth): Consecutive login failures for user {user} account temporarily locked", Refused, "pam-faillock-active"},
	{"pam_access(sshd:account): access denied for user `{user}' from `{host}'", Refused, "pam-account-denied"},
	{"pam_listfile(sshd:account): Refused user {user} for service sshd", Refused, "pam-account-denied"},
	{"pam_listfile(sshd:auth): Refused user {user} for service sshd", Refused, ""},
	{"pam_succeed_if(sshd:account): requirement \"{text}\" not met by user \"{user}\"", Refused, "pam-account-denied"},
	{"pam_succeed_if(sshd:auth): requirement \"{text}\" not met by user \"{user}\"", Refused, ""},
	{"pam_limits(sshd:session): Too many logins (max {word}) for {user}", Broken, "pam-session-failed"},
	{"pam_limits(sshd:session): Could not set limit for '{text}' to {text}", Attempt, ""},
	{"PAM unable to dlopen({text}): {text}", Attempt, ""},
	{"PAM adding faulty module: {text}", Attempt, ""},

	// session.c, sshd-session.c: after the authentication.
	{"User child is on pid {pid}", Attempt, ""},
	{"PAM: pam_open_session(): {text}", Broken, "pam-session-failed"},
	{"PAM: pam_setcred(): {text}", Broken, "pam-setcred-failed"},
	{"User {user} not allowed because {path} exists", Broken, "nologin-file"},
	{"bad ownership or modes for chroot directory component \"{text}\"", Broken, "chroot-component"},
	{"bad ownership or modes for chroot directory \"{text}\"", Broken, "chroot-target"},
	{"safely_chroot: stat(\"{text}\"): {text}", Broken, "chroot-missing"},
	{"chroot path does not begin at root", Broken, "chroot-relative"},
	{"chroot path {text} is not a directory", Broken, "chroot-not-dir"},
	{"Changed root directory to \"{text}\"", Attempt, ""},
	{"subsystem request for {word} by user {user} failed, subsystem not found", Broken, "subsystem-not-configured"},
	{"Starting session: {text} for {user} from {addr} port {port} id {word}", Opened, ""},
	{"Close session: user {user} from {addr} port {port} id {word}", Closed, ""},
	{"no more sessions", Broken, "max-sessions"},
	{"do_exec_no_pty: fork: {text}", Broken, "limits-nproc"},
	{"do_exec_pty: fork: {text}", Broken, "limits-nproc"},
	{"fork of unprivileged child failed", Broken, "limits-nproc"},
	{"Connection from {addr}: refusing non-sftp session", Broken, "sftp-only"},
	{"Connection from {text}: refusing non-sftp session", Broken, "sftp-only"},
	{"session opened for local user {user} from [{addr}]", Opened, ""},
	{"session closed for local user {user} from [{addr}]", Closed, ""},
	{"terminating inactive connection from {text}", Closed, "idle-timeout"}, // 9.2 and later
	{"Timeout, client not responding from user {user} {addr} port {port}", Closed, ""},
	{"Received disconnect from {addr} port {port}:{text}", Closed, ""},
	{"Disconnected from user {user} {addr} port {port}", Closed, ""},
	{"Disconnected from authenticating user {user} {addr} port {port}", Closed, ""},
	{"Disconnected from invalid user {user} {addr} port {port}", Closed, ""},
	{"Disconnected from {addr} port {port}", Closed, ""},
	{"Connection closed by user {user} {addr} port {port}", Closed, ""},
	{"Connection reset by user {user} {addr} port {port}", Closed, ""},
	{"Connection closed by authenticating user {user} {addr} port {port}", Closed, ""},
	{"Connection closed by invalid user {user} {addr} port {port}", Closed, ""},
	{"Connection closed by {addr} port {port}", Closed, "client-closed-preauth"},
	{"Connection reset by authenticating user {user} {addr} port {port}", Closed, ""},
	{"Connection reset by invalid user {user} {addr} port {port}", Closed, ""},
	{"Connection reset by {addr} port {port}", Closed, "client-closed-preauth"},

	// auth2-hostbased.c, auth-rhosts.c.
	{"Authentication refused for {user}: bad owner or modes for {text}", Refused, ""},
	{"Rhosts authentication refused for {user}: {text}", Refused, ""},
	{"userauth_hostbased mismatch: client sends {text}, but we resolve {addr} to {text}", Attempt, ""},
}
