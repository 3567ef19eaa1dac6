package sshdconf

// option is one row of the table of settings. A keyword is added by adding its
// row here, in the place where sshd -T prints it; nothing else changes.
type option struct {
	// name is the keyword in the spelling of sshd -T; formerly is its name before
	// release renamed.
	name     string
	formerly string
	renamed  rel
	// since and until bound the releases that know it: since <= r < until, 0 open.
	since, until rel
	needs        feature
	// match is the first release that allows it in a Match block; 0 is never.
	match rel
	// copied is the first release that takes the value over from a matching block
	// (servconf.c copy_set_server_options); 0 is the same as match.
	copied, copiedUntil rel
	parse               parser
	// preset returns the built-in default's items; nil is unset, printed as "none".
	preset func(*rules) []string
	// clears: "none" means unset where the defaults are filled in (CLEAR_ON_NONE
	// in servconf.c); clearsInMatch: also in a matching block.
	clears, clearsInMatch bool
	// clearsList is the word that alone means unset, where the defaults are filled in.
	clearsList string
	// show prints it; nil prints one line with the first text, or "none".
	show printer
	// algorithms is the set that a list of algorithm names is assembled from.
	algorithms *algorithmSet

	slot int
}

const always rel = 1

// text makes a default of fixed items.
func text(items ...string) func(*rules) []string {
	return func(*rules) []string { return items }
}

// table lists the settings in the order of sshd -T (servconf.c dump_config).
var table = []*option{
	{name: "port", parse: parsePort, preset: text("22"), show: showLines},
	{name: "addressfamily", parse: oneOf(familyWords), preset: text("any")},
	{name: "listenaddress", parse: parseListenAddress, show: showLines},
	{name: "usepam", needs: needsPAM, parse: parseFlag, preset: text("no")},
	{name: "pamservicename", since: 908, needs: needsPAM, match: 908, copiedUntil: 1004, parse: parsePAMService, preset: text("sshd")},
	{name: "logingracetime", parse: parseTime, preset: text("120")},
	{name: "x11displayoffset", match: always, parse: parseInt, preset: text("10")},
	{name: "maxauthtries", match: always, parse: parseInt, preset: text("6")},
	{name: "maxsessions", match: always, parse: parseInt, preset: text("10")},
	{name: "clientaliveinterval", match: always, parse: parseTime, preset: text("0")},
	{name: "clientalivecountmax", match: always, parse: parseInt, preset: text("3")},
	{name: "requiredrsasize", since: 901, match: 901, parse: parseInt, preset: text("1024")},
	{name: "streamlocalbindmask", match: always, parse: parseBindMask, preset: text("0177")},
	{name: "unusedconnectiontimeout", since: 902, match: 902, parse: parseUnusedTimeout, preset: text("0"), show: showZeroAsNone},
	{name: "permitrootlogin", match: always, parse: oneOf(rootWords), preset: rootDefault},
	{name: "ignorerhosts", match: always, parse: oneOf(rhostsWords), preset: text("yes")},
	{name: "ignoreuserknownhosts", parse: parseFlag, preset: text("no")},
	{name: "hostbasedauthentication", match: always, parse: parseFlag, preset: text("no")},
	{name: "hostbasedusesnamefrompacketonly", match: always, parse: parseFlag, preset: text("no")},
	{name: "pubkeyauthentication", match: always, parse: parseFlag, preset: text("yes")},
	{name: "kerberosauthentication", needs: needsKerberos, match: always, parse: parseFlag, preset: text("no")},
	{name: "kerberosorlocalpasswd", needs: needsKerberos, parse: parseFlag, preset: text("yes")},
	{name: "kerberosticketcleanup", needs: needsKerberos, parse: parseFlag, preset: text("yes")},
	{name: "gssapiauthentication", needs: needsGSSAPI, match: always, parse: parseFlag, preset: text("no")},
	{name: "gssapicleanupcredentials", needs: needsGSSAPI, parse: parseFlag, preset: text("yes")},
	{name: "gssapikeyexchange", needs: needsKeyExchange, parse: parseFlag, preset: text("no")},
	{name: "gssapistrictacceptorcheck", needs: needsGSSAPI, parse: parseFlag, preset: text("yes")},
	{name: "gssapidelegatecredentials", since: 1003, needs: needsGSSAPI, parse: parseFlag, preset: text("yes")},
	{name: "gssapistorecredentialsonrekey", needs: needsKeyExchange, parse: parseFlag, preset: text("no")},
	{name: "gssapikexalgorithms", needs: needsKeyExchange, parse: parseGSSKex, preset: text("gss-group14-sha256-,gss-group16-sha512-,gss-nistp256-sha256-,gss-curve25519-sha256-,gss-group14-sha1-,gss-gex-sha1-")},
	{name: "passwordauthentication", match: always, parse: parseFlag, preset: text("yes")},
	{name: "kbdinteractiveauthentication", match: always, parse: parseFlag, preset: kbdDefault},
	{name: "challengeresponseauthentication", until: 807, parse: parseFlag, preset: text("yes")},
	{name: "printmotd", parse: parseFlag, preset: text("yes")},
	{name: "printlastlog", parse: parseFlag, preset: text("yes")},
	{name: "x11forwarding", match: always, parse: parseFlag, preset: text("no")},
	{name: "x11uselocalhost", match: always, parse: parseFlag, preset: text("yes")},
	{name: "permittty", match: always, parse: parseFlag, preset: text("yes")},
	{name: "permituserrc", match: always, parse: parseFlag, preset: text("yes")},
	{name: "strictmodes", parse: parseFlag, preset: text("yes")},
	{name: "tcpkeepalive", parse: parseFlag, preset: text("yes")},
	{name: "permitemptypasswords", match: always, parse: parseFlag, preset: text("no")},
	{name: "compression", parse: oneOf(compressionWords), preset: text("yes")},
	{name: "gatewayports", match: always, parse: oneOf(gatewayWords), preset: text("no")},
	{name: "usedns", parse: parseFlag, preset: text("no")},
	{name: "allowtcpforwarding", match: always, parse: oneOf(forwardWords), preset: text("yes")},
	{name: "allowagentforwarding", match: always, parse: parseFlag, preset: text("yes")},
	{name: "disableforwarding", match: always, parse: parseFlag, preset: text("no")},
	{name: "allowstreamlocalforwarding", match: always, parse: oneOf(forwardWords), preset: text("yes")},
	{name: "streamlocalbindunlink", match: always, parse: parseFlag, preset: text("no")},
	{name: "fingerprinthash", parse: parseHash, preset: text("SHA256")},
	{name: "exposeauthinfo", match: always, parse: parseFlag, preset: text("no")},
	{name: "refuseconnection", since: 909, match: 909, parse: parseFlag, preset: text("no")},
	{name: "debianbanner", needs: needsDebian, parse: parseFlag, preset: text("yes"), show: showDebianBanner},

	{name: "pidfile", parse: parseFilename, preset: pidDefault, clears: true},
	{name: "modulifile", since: 806, parse: parseFilename, preset: text("/etc/ssh/moduli")},
	{name: "xauthlocation", parse: parseFilename, preset: text("/usr/bin/xauth"), clears: true},
	{name: "ciphers", parse: parseCiphers, algorithms: &cipherSet},
	{name: "macs", parse: parseMACs, algorithms: &macSet},
	{name: "banner", match: always, parse: parseFilename, clears: true},
	{name: "forcecommand", match: always, parse: parseForceCommand, clears: true, clearsInMatch: true},
	{name: "chrootdirectory", match: always, parse: parseChroot, clears: true, clearsInMatch: true},
	{name: "trustedusercakeys", match: always, parse: parseFilename, clears: true},
	{name: "revokedkeys", match: always, parse: parseRevokedKeys, clears: true, show: showRevokedKeys},
	{name: "securitykeyprovider", parse: parseKeyProvider, preset: text("internal"), clears: true},
	{name: "authorizedprincipalsfile", match: always, parse: parsePrincipalsFile, clears: true},
	{name: "versionaddendum", parse: parseVersionAddendum},
	{name: "authorizedkeyscommand", match: always, parse: parseCommand},
	{name: "authorizedkeyscommanduser", match: always, parse: parseName},
	{name: "authorizedprincipalscommand", match: always, parse: parsePrincipalsCommand},
	{name: "authorizedprincipalscommanduser", match: always, parse: parseName},
	{name: "hostkeyagent", parse: parseAgent, clears: true},
	{name: "kexalgorithms", parse: parseKex, algorithms: &kexSet},
	{name: "casignaturealgorithms", match: always, parse: parseCASigs, algorithms: &caSet},
	{name: "hostbasedacceptedalgorithms", formerly: "hostbasedacceptedkeytypes", renamed: 805, match: always, parse: parseKeyAlgorithms, algorithms: &keySet},
	{name: "hostkeyalgorithms", parse: parseKeyAlgorithms, algorithms: &keySet},
	{name: "pubkeyacceptedalgorithms", formerly: "pubkeyacceptedkeytypes", renamed: 805, match: always, parse: parseKeyAlgorithms, algorithms: &keySet},
	{name: "rdomain", match: always, parse: parseRDomain, show: showNothing},
	{name: "sshdsessionpath", since: 908, parse: parseFilename, preset: text("/usr/lib/openssh/sshd-session")},
	{name: "sshdauthpath", since: 1000, parse: parseFilename, preset: text("/usr/lib/openssh/sshd-auth")},
	{name: "persourcepenaltyexemptlist", since: 908, parse: parseExemptList, clears: true},

	{name: "loglevel", match: always, parse: parseLogLevel, preset: text("INFO")},
	{name: "syslogfacility", parse: parseFacility, preset: text("AUTH")},

	{name: "authorizedkeysfile", match: always, parse: parseKeysFile, preset: text(".ssh/authorized_keys", ".ssh/authorized_keys2"), clearsList: "none", show: showJoined},
	{name: "revokedkeys here", since: 1003, show: showRevokedList},
	{name: "hostkey", parse: parseHostKey, preset: hostKeyDefault, show: showLines},
	{name: "hostcertificate", parse: parseHostCertificate, show: showLines},
	{name: "allowusers", match: always, parse: parseUserPatterns, show: showLines},
	{name: "denyusers", match: always, parse: parseUserPatterns, show: showLines},
	{name: "allowgroups", match: always, parse: parseGroupPatterns, show: showLines},
	{name: "denygroups", match: always, parse: parseGroupPatterns, show: showLines},
	{name: "acceptenv", match: always, parse: parseAcceptEnv, show: showLines},
	{name: "setenv", match: always, copied: 807, parse: parseSetEnv, show: showLines},
	{name: "authenticationmethods", match: always, parse: parseMethods, clearsList: "any", show: showJoinedOr("any")},
	{name: "logverbose", since: 805, match: 805, copied: 807, parse: parseLogVerbose, show: showJoined},
	{name: "channeltimeout", since: 902, match: 902, parse: parseChannelTimeout, clearsList: "none", show: showChannelTimeout},
	{name: "subsystem", match: 905, parse: parseSubsystem, show: showLines},
	{name: "maxstartups", parse: parseMaxStartups, preset: text("10", "30", "100"), show: showColons},
	{name: "persourcemaxstartups", since: 805, parse: parsePerSourceMax},
	{name: "persourcenetblocksize", since: 805, parse: parseNetBlockSize, preset: text("32", "128"), show: showColons},
	{name: "permittunnel", match: always, parse: parseTunnel, preset: text("no")},
	{name: "ipqos", match: always, parse: parseIPQoS, preset: qosDefault, show: showJoined},
	{name: "rekeylimit", match: always, parse: parseRekeyLimit, preset: text("0"), show: showRekeyLimit},
	{name: "rekeylimit interval", match: always, preset: text("0"), show: showNothing},
	{name: "permitopen", match: always, parse: parsePermit, show: showJoinedOr("any")},
	{name: "permitlisten", match: always, parse: parsePermit, show: showJoinedOr("any")},
	{name: "permituserenvironment", parse: parseUserEnvironment, preset: text("no")},
	{name: "pubkeyauthoptions", match: always, parse: parsePubkeyOptions, show: showJoinedOr("none")},
	{name: "persourcepenalties", since: 908, parse: parsePenalties, preset: text("yes"), show: showPenalties},
	// The parts of PerSourcePenalties, each won by the first line that names it.
	{name: "penalty crash", preset: text("90"), show: showNothing},
	{name: "penalty authfail", preset: text("5"), show: showNothing},
	{name: "penalty noauth", preset: text("1"), show: showNothing},
	{name: "penalty invaliduser", since: 1003, preset: text("5"), show: showNothing},
	{name: "penalty grace-exceeded", preset: graceDefault, show: showNothing},
	{name: "penalty refuseconnection", since: 909, preset: text("10"), show: showNothing},
	{name: "penalty max", preset: text("600"), show: showNothing},
	{name: "penalty min", preset: text("15"), show: showNothing},
	{name: "penalty max-sources4", preset: text("65536"), show: showNothing},
	{name: "penalty max-sources6", preset: text("65536"), show: showNothing},
	{name: "penalty overflow", preset: text("permissive"), show: showNothing},
	{name: "penalty overflow6", show: showNothing},
}

// kind is what the parser does with a keyword that sets nothing.
type kind uint8

const (
	setting kind = iota
	deprecated
	ignored
	unsupported
	include
	matchBlock
)

// oldName is a keyword that is not a setting of its own.
type oldName struct {
	name         string
	kind         kind
	target       string // the setting it is an alias of
	since, until rel
	needs        feature
	match        rel
}

// oldNames lists aliases, keywords without effect, and the two that steer the parser.
var oldNames = []oldName{
	{name: "include", kind: include, match: always},
	{name: "match", kind: matchBlock, match: always},
	{name: "protocol", kind: ignored},
	{name: "hostdsakey", target: "hostkey"},
	{name: "dsaauthentication", target: "pubkeyauthentication"},
	{name: "keepalive", target: "tcpkeepalive"},
	{name: "gssapicleanupcreds", target: "gssapicleanupcredentials"},
	{name: "hostbasedacceptedkeytypes", target: "hostbasedacceptedalgorithms", since: 805, match: always},
	{name: "pubkeyacceptedkeytypes", target: "pubkeyacceptedalgorithms", since: 805, match: always},
	{name: "challengeresponseauthentication", target: "kbdinteractiveauthentication", since: 807, match: always},
	{name: "skeyauthentication", target: "kbdinteractiveauthentication", since: 807, match: always},
	{name: "skeyauthentication", kind: deprecated, until: 807},
	{name: "pamauthenticationviakbdint", kind: deprecated, until: 1004},
	{name: "serverkeybits", kind: deprecated},
	{name: "keyregenerationinterval", kind: deprecated},
	{name: "rhostsauthentication", kind: deprecated},
	{name: "rhostsrsaauthentication", kind: deprecated, match: always},
	{name: "rsaauthentication", kind: deprecated, match: always},
	{name: "checkmail", kind: deprecated},
	{name: "uselogin", kind: deprecated},
	{name: "useprivilegeseparation", kind: deprecated},
	{name: "verifyreversemapping", kind: deprecated},
	{name: "reversemappingcheck", kind: deprecated},
	{name: "authorizedkeysfile2", kind: deprecated, match: always},
	{name: "permitblacklistedkeys", kind: deprecated, needs: needsDebian},
	{name: "kerberosgetafstoken", kind: unsupported},
	{name: "kerberostgtpassing", kind: unsupported},
	{name: "afstokenpassing", kind: unsupported},
	{name: "gssusesessionccache", kind: unsupported, needs: needsKeyExchange},
	{name: "gssapiusesessioncredcache", kind: unsupported, needs: needsKeyExchange},
}

// slots finds an option's slot, its place in the table, by its name.
var slots = func() map[string]int {
	m := make(map[string]int, len(table))
	for i, o := range table {
		o.slot = i
		m[o.name] = i
	}
	return m
}()

// word is what one release makes of a keyword.
type word struct {
	kind kind
	opt  *option
	// inMatch tells that a Match block may hold it.
	inMatch bool
}

// knows reports whether the release has the option.
func (o *option) knows(r *rules) bool {
	return r.rel >= o.since && (o.until == 0 || r.rel < o.until)
}

// spelling is the option's name in a release.
func (o *option) spelling(r rel) string {
	if r < o.renamed {
		return o.formerly
	}
	return o.name
}

// takesFromMatch reports whether a matching block's value is copied over.
func (o *option) takesFromMatch(r rel) bool {
	from := o.copied
	if from == 0 {
		from = o.match
	}
	return from != 0 && r >= from && (o.copiedUntil == 0 || r < o.copiedUntil)
}

// vocabulary builds the keywords of one release (servconf.c keywords[]).
func vocabulary(r *rules) map[string]*word {
	words := make(map[string]*word, len(table)+len(oldNames))
	for _, o := range table {
		if o.parse == nil || !o.knows(r) {
			continue
		}
		w := &word{opt: o, inMatch: o.match != 0 && r.rel >= o.match}
		if !r.build.has(o.needs) {
			if o.needs == needsDebian || o.needs == needsKeyExchange {
				continue // without the patch the keyword does not exist
			}
			w.kind = unsupported
		}
		words[o.spelling(r.rel)] = w
	}
	for i := range oldNames {
		n := &oldNames[i]
		if r.rel < n.since || n.until != 0 && r.rel >= n.until || !r.build.has(n.needs) {
			continue
		}
		w := &word{kind: n.kind, inMatch: n.match != 0 && r.rel >= n.match}
		if n.target != "" {
			w.opt = r.option(n.target)
			if !r.build.has(w.opt.needs) {
				w.kind = unsupported
			}
		}
		words[n.name] = w
	}
	return words
}
