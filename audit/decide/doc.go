// Package decide makes sshd's decisions over facts, in sshd's order and with
// the cause ids of the decision path. `why` asks it about one login, `check`
// about every account; there is no second implementation of any rule. It is
// pure: the same facts give the same answer.
package decide
