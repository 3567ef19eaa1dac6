package checks

import "sync"

// All returns every check in the order in which the catalogue shows them: the
// path of a login from the host's side to the key, then advice.
var All = sync.OnceValue(func() []*Check {
	list := []*Check{
		// sshd and its files
		configInvalid, configStale, noHostkeys, hostkeyUnusable, hostkeyExposed, hostkeyPubPerms,
		privsepDir, sshdConfigPerms, akcMissing, akcUnsafe, configShadowed, sshdArgs, modeRuleSet,
		sshdNotRunning, sshdNotEnabled, notListening, bindFailed, socketOverride, sshdLoopback, staleListener,
		ftpdNotRunning, ftpdNotEnabled, ftpdSilentPort, ftpdLoopback, ftpdNotReloaded,
		serviceOutdated, serviceSilent, serviceUnstable, serviceTasks, unitNotReloaded,
		firewallDrops, firewallOpen, firewallFamilies, firewallInactive,
		clientAlgorithmsAll, clientAlgorithmsRecent, clientAlgorithmsOld,
		probeNotSSH, probeSilent, probeTurnedAway, probeHostKey, probeAlgorithms, probeWeak,
		probeFTPGreeting, probeFTPCleartext, probeTLS,
		probeCertificateExpired, probeCertificateExpires, probeCertificateName, probeCertificateUntrusted,
		// accounts
		accountLines, accountSharesUID, accountNoShadow, accountPasswordEmpty, homeSystem, homeShared, homeMissing,
		// paths to the keys
		akfStrictFile, akfStrictDir, akfUnreadable, akfNotRegular, akfBadToken, akfPathTooLong,
		sshDirNotDirectory, keysWrongLocation,
		homeWritable, homeOwner, sshDirWritable, sshDirOwner, authorizedKeysWritable,
		sshDirSymlink, sshDirModeLoose, sshDirTooMany, authorizedKeysModeLoose,
		privateKeyModeLoose, privateKeyUnencrypted, sshFileWritable, sshFileOwner,
		hardlinkedKeyFile, pathImmutable, pathSELinuxLabel, userRhosts,
		// keys
		keyAlgorithm, keyRSASize, keyWeak, keyDuplicate, keyShared, keyUnrestrictedRoot,
	}
	list = append(list, aroundChecks()...)
	list = append(list, ftpChecks...)
	list = append(list, nameChecks...)
	list = append(list, nameTranslated)
	list = append(list, keyLines...)
	list = append(list, loginChecks()...)
	// sshd's settings
	for _, row := range sshdAdvice {
		list = append(list, adviceCheck(row))
	}
	return append(list, sshdCryptoWeak, sshdAccessUnrestricted, HomeMode(0o777), acceptedUnmatched, checkUnknown)
})
