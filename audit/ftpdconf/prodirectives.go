package ftpdconf

import (
	"slices"
	"strings"
)

// proDirectives are the directives of ProFTPD's own modules, by module, as 1.3.8
// has them (the conftable of each). Sections are among them with their brackets.
var proDirectives = map[string]string{
	"mod_auth": "AccessDenyMsg AccessGrantMsg AllowChrootSymlinks AllowEmptyPasswords AnonAllowRobots AnonRequirePassword" +
		" AnonRejectPasswords AuthAliasOnly AuthUsingAlias CreateHome DefaultChdir DefaultRoot DisplayLogin" +
		" MaxClients MaxClientsPerClass MaxClientsPerHost MaxClientsPerUser MaxConnectionsPerHost MaxHostsPerUser" +
		" MaxLoginAttempts MaxPasswordSize RequireValidShell RewriteHome RootLogin RootRevoke TimeoutLogin" +
		" TimeoutSession UseFtpUsers UseLastlog UserAlias UserDirRoot UserPassword WtmpLog",
	"mod_auth_file": "AuthFileOptions AuthGroupFile AuthUserFile",
	"mod_auth_otp":  "AuthOTPAlgorithm AuthOTPEngine AuthOTPLog AuthOTPOptions AuthOTPTable AuthOTPTableLock",
	"mod_auth_pam":  "AuthPAM AuthPAMConfig AuthPAMOptions",
	"mod_auth_unix": "AuthUnixOptions PersistentPasswd",
	"mod_ban":       "BanCache BanCacheOptions BanControlsACLs BanEngine BanLog BanMessage BanOnEvent BanOptions BanTable",
	"mod_cap":       "CapabilitiesEngine CapabilitiesRootRevoke CapabilitiesSet",
	"mod_copy":      "CopyEngine CopyOptions",
	"mod_core": "<Anonymous> </Anonymous> <Class> </Class> <Directory> </Directory> <Global> </Global> <IfDefine> </IfDefine>" +
		" <IfModule> </IfModule> <Limit> </Limit> <VirtualHost> </VirtualHost> Allow AllowAll AllowClass AllowFilter" +
		" AllowForeignAddress AllowGroup AllowOverride AllowUser AuthOrder CDPath CommandBufferSize DebugLevel" +
		" DefaultAddress DefaultServer DeferWelcome Define Deny DenyAll DenyClass DenyFilter DenyGroup DenyUser" +
		" DisplayChdir DisplayConnect DisplayQuit From FSCachePolicy FSOptions Group GroupOwner HideFiles HideGroup" +
		" HideNoAccess HideUser IgnoreHidden Include IncludeOptions MasqueradeAddress MaxCommandRate" +
		" MaxConnectionRate MaxInstances MultilineRFC2228 Order PassivePorts PathAllowFilter PathDenyFilter PidFile" +
		" Port ProcessTitles Protocols RegexOptions Satisfy ScoreboardFile ScoreboardMutex ScoreboardScrub" +
		" ServerAdmin ServerAlias ServerIdent ServerName ServerType SetEnv SocketBindTight SocketOptions" +
		" SyslogFacility SyslogLevel TimeoutIdle TimeoutLinger TimesGMT Trace TraceLog TraceOptions TransferLog Umask" +
		" UnsetEnv UseIPv6 UseReverseDNS User UserOwner TCPBackLog TCPNoDelay",
	"mod_ctrls": "ControlsACLs ControlsAuthFreshness ControlsEngine ControlsInterval ControlsLog ControlsMaxClients" +
		" ControlsSocket ControlsSocketACL ControlsSocketOwner",
	"mod_ctrls_admin": "AdminControlsACLs AdminControlsEngine",
	"mod_deflate":     "DeflateEngine DeflateLog",
	"mod_delay":       "DelayControlsACLs DelayEngine DelayOnEvent DelayTable",
	"mod_digest":      "DigestAlgorithms DigestCache DigestDefaultAlgorithm DigestEnable DigestEngine DigestMaxSize DigestOptions",
	"mod_dnsbl":       "DNSBLDomain DNSBLEngine DNSBLLog DNSBLPolicy",
	"mod_dso":         "LoadFile LoadModule ModuleControlsACLs ModuleOrder ModulePath",
	"mod_dynmasq":     "DynMasqControlsACLs DynMasqRefresh",
	"mod_exec": "ExecBeforeCommand ExecEnable ExecEngine ExecEnviron ExecLog ExecOnCommand ExecOnConnect ExecOnError" +
		" ExecOnEvent ExecOnExit ExecOnRestart ExecOptions ExecTimeout",
	"mod_facl":      "FACLEngine",
	"mod_facts":     "FactsAdvertise FactsDefault FactsOptions",
	"mod_geoip":     "GeoIPAllowFilter GeoIPDenyFilter GeoIPEngine GeoIPLog GeoIPPolicy GeoIPTable",
	"mod_ident":     "IdentLookups",
	"mod_ifsession": "<IfAuthenticated> </IfAuthenticated> <IfClass> </IfClass> <IfGroup> </IfGroup> <IfUser> </IfUser>",
	"mod_ifversion": "<IfVersion> </IfVersion>",
	"mod_lang":      "LangDefault LangEngine LangOptions LangPath UseEncoding",
	"mod_ldap": "LDAPAliasDereference LDAPAttr LDAPAuthBinds LDAPBindDN LDAPConnectTimeout LDAPDefaultAuthScheme" +
		" LDAPDefaultGID LDAPDefaultQuota LDAPDefaultUID LDAPForceDefaultGID LDAPForceDefaultUID" +
		" LDAPForceGeneratedHomedir LDAPGenerateHomedir LDAPGenerateHomedirPrefix LDAPGenerateHomedirPrefixNoUsername" +
		" LDAPGroups LDAPLog LDAPProtocolVersion LDAPQueryTimeout LDAPSearchScope LDAPServer LDAPUsers LDAPUseSASL" +
		" LDAPUseTLS",
	"mod_load":         "MaxLoad",
	"mod_log":          "AllowLogSymlinks ExtendedLog LogFormat LogOptions ServerLog SystemLog",
	"mod_log_forensic": "ForensicLogBufferSize ForensicLogCapture ForensicLogCriteria ForensicLogEngine ForensicLogFile",
	"mod_ls":           "DirFakeUser DirFakeGroup DirFakeMode ListOptions ListStyle ShowSymlinks UseGlobbing",
	"mod_memcache": "MemcacheConnectFailures MemcacheEngine MemcacheLog MemcacheOptions MemcacheReplicas MemcacheServers" +
		" MemcacheTimeouts",
	"mod_qos": "QoSOptions",
	"mod_quotatab": "QuotaDefault QuotaDirectoryTally QuotaDisplayUnits QuotaEngine QuotaExcludeFilter QuotaLimitTable QuotaLock" +
		" QuotaLog QuotaOptions QuotaShowQuotas QuotaTallyTable",
	"mod_radius": "RadiusAcctServer RadiusAuthServer RadiusEngine RadiusGroupInfo RadiusLog RadiusNASIdentifier RadiusOptions" +
		" RadiusQuotaInfo RadiusRealm RadiusUserInfo RadiusVendor",
	"mod_ratio": "UserRatio GroupRatio AnonRatio HostRatio Ratios FileRatioErrMsg ByteRatioErrMsg LeechRatioMsg CwdRatioMsg" +
		" SaveRatios RatioFile RatioTempFile",
	"mod_readme": "DisplayReadme",
	"mod_redis": "RedisEngine RedisLog RedisLogFormatExtra RedisLogOnCommand RedisLogOnEvent RedisOptions RedisSentinel" +
		" RedisServer RedisTimeouts",
	"mod_rewrite": "RewriteCondition RewriteEngine RewriteLock RewriteMaxReplace RewriteLog RewriteMap RewriteRule",
	"mod_rlimit":  "RLimitChroot RLimitCPU RLimitMemory RLimitOpenFiles",
	"mod_sftp": "SFTPAcceptEnv SFTPAuthMethods SFTPAuthorizedHostKeys SFTPAuthorizedUserKeys SFTPCiphers SFTPClientAlive" +
		" SFTPClientMatch SFTPCompression SFTPCryptoDevice SFTPDHParamFile SFTPDigests SFTPDisplayBanner SFTPEngine" +
		" SFTPExtensions SFTPHostKey SFTPHostKeys SFTPKeyBlacklist SFTPKeyExchanges SFTPKeyLimits SFTPLog" +
		" SFTPMaxChannels SFTPOptions SFTPPassPhraseProvider SFTPRekey SFTPTrafficPolicy",
	"mod_sftp_pam":  "SFTPPAMEngine SFTPPAMOptions SFTPPAMServiceName",
	"mod_shaper":    "ShaperAll ShaperControlsACLs ShaperEngine ShaperLog ShaperSession ShaperTable",
	"mod_site_misc": "SiteMiscEngine",
	"mod_snmp":      "SNMPAgent SNMPCommunity SNMPEnable SNMPEngine SNMPLog SNMPMaxVariables SNMPNotify SNMPOptions SNMPTables",
	"mod_sql": "SQLAuthenticate SQLAuthTypes SQLBackend SQLConnectInfo SQLDefaultGID SQLDefaultHomedir SQLDefaultUID" +
		" SQLEngine SQLGroupInfo SQLGroupPrimaryKey SQLGroupWhereClause SQLKeepAlive SQLLog SQLLogFile SQLLogOnEvent" +
		" SQLMinID SQLMinUserGID SQLMinUserUID SQLNamedConnectInfo SQLNamedQuery SQLNegativeCache SQLOptions" +
		" SQLShowInfo SQLUserInfo SQLUserPrimaryKey SQLUserWhereClause SQLRatios SQLRatioStats",
	"mod_sql_mysql": "SQLAuthTypes",
	"mod_sql_odbc":  "SQLODBCVersion",
	"mod_sql_passwd": "SQLPasswordArgon2 SQLPasswordCost SQLPasswordEncoding SQLPasswordEngine SQLPasswordOptions SQLPasswordPBKDF2" +
		" SQLPasswordRounds SQLPasswordSaltEncoding SQLPasswordSaltFile SQLPasswordScrypt SQLPasswordUserSalt",
	"mod_statcache": "StatCacheCapacity StatCacheControlsACLs StatCacheEngine StatCacheMaxAge StatCacheTable",
	"mod_tls": "TLSCACertificateFile TLSCACertificatePath TLSCARevocationFile TLSCARevocationPath TLSCertificateChainFile" +
		" TLSCipherSuite TLSControlsACLs TLSCryptoDevice TLSDHParamFile TLSDSACertificateFile" +
		" TLSDSACertificateKeyFile TLSECCertificateFile TLSECCertificateKeyFile TLSECDHCurve TLSEngine TLSLog" +
		" TLSMasqueradeAddress TLSNextProtocol TLSOptions TLSPassPhraseProvider TLSPKCS12File TLSPreSharedKey" +
		" TLSProtocol TLSRandomSeed TLSRenegotiate TLSRequired TLSRSACertificateFile TLSRSACertificateKeyFile" +
		" TLSServerCipherPreference TLSServerInfoFile TLSSessionCache TLSSessionTicketKeys TLSSessionTickets" +
		" TLSStapling TLSStaplingCache TLSStaplingOptions TLSStaplingResponder TLSStaplingTimeout TLSTimeoutHandshake" +
		" TLSUserName TLSVerifyClient TLSVerifyDepth TLSVerifyOrder TLSVerifyServer",
	"mod_unique_id": "UniqueIDEngine",
	"mod_wrap":      "TCPAccessFiles TCPAccessSyslogLevels TCPGroupAccessFiles TCPServiceName TCPUserAccessFiles",
	"mod_wrap2": "WrapAllowMsg WrapDenyMsg WrapEngine WrapGroupTables WrapLog WrapOptions WrapServiceName WrapTables" +
		" WrapUserTables",
	"mod_xfer": "AllowOverwrite AllowRetrieveRestart AllowStoreRestart DefaultTransferMode DeleteAbortedStores" +
		" DisplayFileTransfer HiddenStores MaxRetrieveFileSize MaxStoreFileSize MaxTransfersPerHost" +
		" MaxTransfersPerUser StoreUniquePrefix TimeoutNoTransfer TimeoutStalled TransferOptions TransferRate" +
		" UseSendfile",
}

// proBuiltIn are the modules that Debian's builds of 1.3.7 to 1.3.8 hold whatever
// is loaded.
var proBuiltIn = []string{
	"mod_core", "mod_rlimit", "mod_auth_unix", "mod_auth_file", "mod_auth", "mod_log", "mod_site", "mod_facts",
	"mod_dso", "mod_auth_pam", "mod_cap", "mod_ctrls", "mod_lang",
}

// proMaybe are modules that some builds hold and others load.
var proMaybe = []string{"mod_delay", "mod_ls", "mod_xfer", "mod_ident", "mod_memcache", "mod_tls", "mod_ratio", "mod_readme"}

// modulesOf lists the modules that have a directive.
func modulesOf(directive string) (list []string) {
	for module, names := range proDirectives {
		if slices.ContainsFunc(strings.Fields(names), func(n string) bool { return strings.EqualFold(n, directive) }) {
			list = append(list, module)
		}
	}
	return list
}
