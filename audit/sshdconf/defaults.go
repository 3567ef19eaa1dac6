package sshdconf

// Defaults that depend on the release or the vendor (servconf.c
// fill_default_server_options).

func rootDefault(r *rules) []string {
	if r.rel >= 1001 {
		return []string{"prohibit-password"}
	}
	return []string{"without-password"}
}

func kbdDefault(r *rules) []string {
	if r.rel < 807 {
		return []string{"no"} // switched on by ChallengeResponseAuthentication
	}
	return []string{"yes"}
}

func pidDefault(r *rules) []string {
	if r.build.Debian {
		return []string{"/run/sshd.pid"}
	}
	return []string{"/var/run/sshd.pid"}
}

func hostKeyDefault(r *rules) []string {
	keys := []string{"/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_ecdsa_key", "/etc/ssh/ssh_host_ed25519_key"}
	if r.rel >= 1004 {
		keys = append(keys, "/etc/ssh/ssh_host_mldsa44_ed25519_key")
	}
	return keys
}

func graceDefault(r *rules) []string {
	if r.rel < 909 {
		return []string{"20"}
	}
	return []string{"10"}
}

func qosDefault(r *rules) []string {
	switch {
	case r.build.Debian && r.rel < 1000: // revert-ipqos-defaults.patch
		return []string{"lowdelay", "throughput"}
	case r.rel < 1001 && !r.newQoS:
		return []string{"af21", "cs1"}
	case r.rel < 1001: // ipqos-interactive-ef.patch
		return []string{"ef", "cs1"}
	default:
		return []string{"ef", "none"}
	}
}
