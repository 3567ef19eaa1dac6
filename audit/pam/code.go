package pam

// Code is what a module or a stack returns (security/_pam_types.h).
type Code uint8

// The codes that decide something here; the others only have a name.
const (
	Success         Code = 0
	ServiceErr      Code = 3
	SystemErr       Code = 4
	PermDenied      Code = 6
	AuthErr         Code = 7
	AuthInfoUnavail Code = 9
	UserUnknown     Code = 10
	NewAuthTokReqd  Code = 12
	AcctExpired     Code = 13
	SessionErr      Code = 14
	CredErr         Code = 17
	Ignore          Code = 25
	Abort           Code = 26
	AuthTokExpired  Code = 27
	ModuleUnknown   Code = 28
	incomplete      Code = 31

	codes = 32
)

// crashed is the answer of a module that ends the process which asks it; no
// control word can make up for it.
const crashed Code = codes

// mustFail is what libpam answers where it has no answer of a module
// (pam_dispatch.c PAM_MUST_FAIL_CODE).
const mustFail = PermDenied

// codeNames are the names in control words, in the order of the codes
// (pam_tokens.h). Where one name begins another the lower code wins, as in libpam.
var codeNames = [codes]string{
	"success", "open_err", "symbol_err", "service_err", "system_err", "buf_err", "perm_denied", "auth_err",
	"cred_insufficient", "authinfo_unavail", "user_unknown", "maxtries", "new_authtok_reqd", "acct_expired",
	"session_err", "cred_unavail", "cred_expired", "cred_err", "no_module_data", "conv_err", "authtok_err",
	"authtok_recover_err", "authtok_lock_busy", "authtok_disable_aging", "try_again", "ignore", "abort",
	"authtok_expired", "module_unknown", "bad_item", "conv_again", "incomplete",
}

// String returns the code's name as a control word writes it.
func (c Code) String() string {
	if c < codes {
		return codeNames[c]
	}
	return "crash"
}

// anyCode lists what a module that is not modelled may return. Incomplete is
// left out: only an application that asks piecemeal is given it. That a
// password has to be changed is nothing that a session module says.
func anyCode(p phase) []Code {
	list := make([]Code, 0, codes)
	for c := range incomplete {
		if c != NewAuthTokReqd || p != session {
			list = append(list, c)
		}
	}
	return list
}
