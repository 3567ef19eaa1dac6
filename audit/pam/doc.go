// Package pam predicts what Linux-PAM answers sshd: it reads the texts of
// /etc/pam.d as libpam does (pam_handlers.c), asks models of the modules that
// Linux-PAM ships, and combines their answers as pam_dispatch.c does.
//
// It touches no machine: files come through a [Source], the account and the
// moment through [Facts]. A module that is not modelled may answer anything;
// the verdict stays definite if it is the same for every answer, and otherwise
// is unknown and names the module.
//
// sshd asks in this order (auth-pam.c): for a password or keyboard-interactive
// login the auth stack; for every login the account stack, then setcred and
// the session stack. A login with a key alone never runs the auth stack.
package pam
