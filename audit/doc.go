// Package audit holds the words of sshaudit and nothing else: what a finding,
// a cause, a severity and a verdict are, how an OpenSSH release is named, and
// how text that came from the audited host is shown. It imports the standard
// library only; every other package of the project may import it.
//
// The map of the others, from the machine upwards:
//
//	audit/hostfs      the host's files below one root, with chroot semantics; the only reader of homes
//	audit/accounts    passwd, group and shadow texts
//	audit/sshpattern  OpenSSH's patterns, pattern lists and address lists
//	audit/sshdconf    sshd_config: reader, evaluator, defaults by release
//	audit/authkeys    authorized_keys lines, options, public keys, and the repair of the text
//	audit/keyfiles    which files of a home sshd and ssh read, and the modes they may have
//	audit/settings    sshaudit.yaml
//	audit/facts       the snapshot: what was read, or why it is missing
//	audit/decide      sshd's decisions over facts, in sshd's order
//	audit/checks      the catalogue: one file a check
//	audit/collect     fills facts from a host
//	audit/survey      one audit: collect, evaluate, let go
//	audit/repair      plan, record, apply, undo
//	audit/report      text, JSON, SARIF, HTML, Prometheus text, CSV
//	audit/live        the daemon's current state
//	exporter          metrics and web pages over the live state
//	cmd/sshaudit      the program
//
// Facts, then judgement, then words: collectors touch the host and return plain
// values; decide and checks are pure functions over those values; report knows
// no rule of sshd. The import direction is kept by TestImportDirection.
package audit
