// Package authkeys reads authorized_keys files and public keys exactly as sshd
// does: which line gives a key, with which options, which line is dropped
// without a word and why, and whether one line would let one key in.
//
// The grammar is the one of auth_check_authkey_line in OpenSSH's
// auth2-pubkeyfile.c (auth2-pubkey.c up to 9.0), sshkey_read in sshkey.c and
// sshauthopt_parse in auth-options.c. Where releases differ, Rules names the
// release; where neither the text nor the release can tell what sshd would do,
// the answer is audit.Unknown and says what is missing.
//
// Nothing that a user wrote into a file appears in any message: messages carry
// line numbers, columns, classes of error and fingerprints. Keys, options and
// comments are handed out as audit.Untrusted for those who list them.
package authkeys
