package ftpdconf

import (
	"slices"
	"strings"
)

// pureConfValues are the settings of upstream's pure-ftpd.conf that take a value,
// with their option (simpleconf_ftpd.h): a colon asks for two numbers.
var pureConfValues = map[string]string{
	"altlog": "O", "anonymousbandwidth": "t", "anonymousratio": "q:", "bind": "S", "certfile": "2", "extcert": "3",
	"forcepassiveip": "P", "fortunesfile": "F", "limitrecursion": "L:", "extauth": "lextauth:", "ldapconfigfile": "lldap:",
	"mysqlconfigfile": "lmysql:", "pgsqlconfigfile": "lpgsql:", "puredb": "lpuredb:", "maxclientsnumber": "c",
	"maxclientsperip": "C", "maxdiskusage": "k", "maxidletime": "I", "maxload": "m", "minuid": "u",
	"passiveportrange": "p:", "peruserlimits": "y:", "pidfile": "g", "quota": "n:", "syslogfacility": "f",
	"tlsciphersuite": "J", "tls": "Y", "trustedgid": "a", "trustedip": "V", "umask": "U:", "userbandwidth": "T",
	"userratio": "Q:",
}

// pureConfOn and pureConfOff are what a switch may hold.
var (
	pureConfOn  = []string{"yes", "on", "true"}
	pureConfOff = []string{"no", "off", "false"}
)

// pureConfSwitches are the options without a value by their name in the file.
var pureConfSwitches = func() map[string]string {
	m := map[string]string{"pamauthentication": "lpam", "unixauthentication": "lunix", "calluploadscript": "o"}
	for letter, long := range pureOptions {
		if !strings.HasSuffix(long, "=") && letter != 'h' {
			m[long] = string(letter)
		}
	}
	delete(m, "uploadscript")
	return m
}()

// loadPureConf reads a file of upstream's form: a name, blanks, a value, "#"
// begins a comment. What it does not follow is unknown, not refused.
func loadPureConf(src Source, program []byte, file string) (*Pure, error) {
	text, err := src.Read(file)
	if missing(err) {
		return nil, &Error{File: file, Message: "Unable to read the configuration file"}
	}
	if err != nil {
		return nil, unread(file, err)
	}
	var args []argument
	for i, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		at := Place{file, i + 1}
		name := strings.ToLower(f[0])
		if option, ok := pureConfSwitches[name]; ok && len(f) == 2 {
			switch value := strings.ToLower(f[1]); {
			case slices.Contains(pureConfOn, value):
				args = append(args, argument{"-" + option, at})
				continue
			case slices.Contains(pureConfOff, value):
				continue
			}
		}
		option, ok := pureConfValues[name]
		if !ok || len(f) < 2 {
			return nil, &UnknownError{file, i + 1, "a line whose meaning is not known here"}
		}
		value := strings.Trim(strings.Join(f[1:], " "), `"'`)
		if strings.HasSuffix(option, ":") && option[0] != 'l' {
			option, value = option[:1], strings.Join(strings.Fields(value), ":")
		}
		if option[0] == 'l' {
			option, value = "l", option[1:]+value
		}
		args = append(args, argument{"-" + option, at}, argument{value, at})
	}
	p, err := parsePure(program, args)
	if err != nil {
		return nil, err
	}
	p.Files = []string{file}
	return p, nil
}
