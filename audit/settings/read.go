package settings

import (
	"math"
	"net/netip"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// minInterval keeps a slip of the pen ("5s" on a host of 100,000 accounts)
// from auditing without pause; maxInterval keeps the metrics of some use.
const (
	minInterval = 10 * time.Second
	maxInterval = 24 * time.Hour
)

// maxUID is the largest uid that can be an account's: (uid_t)-1 means "none".
const maxUID = math.MaxUint32 - 1

var (
	checkID        = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	filesystemType = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$`)
	octalMode      = regexp.MustCompile(`^0?[0-7]{3}$`)
)

// read is the schema: every key, in the order of the shipped file.
func (s *Settings) read(v value) error {
	return v.mapping(
		field{"accounts", s.readAccounts},
		field{"checks", func(v value) error {
			return v.mapping(
				field{"only", s.checkIDs(&s.Checks.Only)},
				field{"skip", s.checkIDs(&s.Checks.Skip)})
		}},
		field{"accept", s.readAccept},
		field{"sshd", func(v value) error { return v.mapping(field{"config", one(&s.SSHD.Config, absolute)}) }},
		field{"filesystems", func(v value) error {
			return v.mapping(field{"allow", many(&s.Filesystems.Allow, fsType)})
		}},
		field{"vantages", many(&s.Vantages, address)},
		field{"closed", many(&s.Closed, address)},
		field{"names", many(&s.Names, hostName)},
		field{"public_addresses", many(&s.PublicAddresses, address)},
		field{"resolvers", many(&s.Resolvers, address)},
		field{"home_mode", one(&s.HomeMode, mode)},
		field{"state_dir", one(&s.StateDir, absolute)},
		field{"daemon", func(v value) error {
			return v.mapping(
				field{"interval", one(&s.Daemon.Interval, interval)},
				field{"listen", s.readListen},
				field{"web_config", one(&s.Daemon.WebConfig, absoluteOrNone)})
		}},
		field{"web", func(v value) error { return v.mapping(field{"users", many(&s.Web.Users, accountName)}) }},
	)
}

func (s *Settings) readAccounts(v value) error {
	a := &s.Accounts
	err := v.mapping(
		field{"include", many(&a.Include, pattern)},
		field{"exclude", many(&a.Exclude, pattern)},
		field{"uid_min", one(&a.UIDMin, uid)},
		field{"uid_max", one(&a.UIDMax, uid)})
	if err == nil && a.UIDMin != nil && a.UIDMax != nil && *a.UIDMin > *a.UIDMax {
		return v.errorf("uid_min %d is above uid_max %d; no account would be audited", *a.UIDMin, *a.UIDMax)
	}
	return err
}

// checkIDs reads a list of check ids and remembers their lines.
func (s *Settings) checkIDs(into *[]string) func(value) error {
	return many(into, s.checkID)
}

func (s *Settings) checkID(v value, text string) (string, error) {
	if !checkID.MatchString(text) {
		return "", v.errorf("%q is not the id of a check; `sshaudit checks` lists them", text)
	}
	s.named = append(s.named, namedCheck{text, v.key, v.at()})
	return text, nil
}

func (s *Settings) readAccept(v value) error {
	if v.empty() {
		return nil
	}
	return v.list(func(v value) error {
		a := Accepted{Line: v.node.Line}
		err := v.mapping(
			field{"check", one(&a.Check, s.checkID)},
			field{"user", one(&a.User, accountName)},
			field{"path", one(&a.Path, absolute)},
			field{"reason", one(&a.Reason, sentence)})
		switch {
		case err != nil:
			return err
		case a.Check == "":
			return v.errorf("`check` is missing; name the check whose finding is accepted")
		case a.Reason == "":
			return v.errorf("`reason` is missing; say why the finding of %s is accepted", a.Check)
		}
		s.Accept = append(s.Accept, a)
		return nil
	})
}

func (s *Settings) readListen(v value) error {
	if err := many(&s.Daemon.Listen, listenAddress)(v); err != nil {
		return err
	}
	if len(s.Daemon.Listen) == 0 {
		return v.errorf("an empty list; name an address, or take the line out for %s", Default().Daemon.Listen[0])
	}
	return nil
}

// one reads a single value by parse; a key without a value keeps its default.
func one[T any](into *T, parse func(value, string) (T, error)) func(value) error {
	return func(v value) error {
		if v.empty() {
			return nil
		}
		text, err := v.text()
		if err != nil {
			return err
		}
		*into, err = parse(v, text)
		return err
	}
}

// many reads a list of values by parse; a key without a value keeps its default.
func many(into *[]string, parse func(value, string) (string, error)) func(value) error {
	return func(v value) error {
		if v.empty() {
			return nil
		}
		var list []string
		err := v.list(func(v value) error {
			text, err := v.text()
			if err != nil {
				return err
			}
			item, err := parse(v, text)
			list = append(list, item)
			return err
		})
		*into = list
		return err
	}
}

func pattern(v value, text string) (string, error) {
	if _, err := path.Match(text, ""); err != nil || text == "" {
		return "", v.errorf("%q is no shell pattern; use *, ? and [a-z]", text)
	}
	return text, nil
}

func accountName(v value, text string) (string, error) {
	if text == "" || len(text) > 256 || strings.ContainsAny(text, ":/\x00\n") {
		return "", v.errorf("%q cannot be the name of an account", text)
	}
	return text, nil
}

func fsType(v value, text string) (string, error) {
	if !filesystemType.MatchString(text) {
		return "", v.errorf("%q is no file system type; take it from the third column of /proc/mounts", text)
	}
	return text, nil
}

func absolute(v value, text string) (string, error) {
	if !path.IsAbs(text) || path.Clean(text) != text || strings.ContainsRune(text, 0) {
		return "", v.errorf("%q is no absolute path; write it from / on, without `.`, `..` or a slash at its end", text)
	}
	return text, nil
}

func absoluteOrNone(v value, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	return absolute(v, text)
}

func sentence(v value, text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", v.errorf("an empty reason; say why the finding is accepted")
	}
	return text, nil
}

func uid(v value, text string) (*uint32, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n > maxUID {
		return nil, v.errorf("%q is no uid; write a whole number from 0 to %d", text, uint32(maxUID))
	}
	id := uint32(n)
	return &id, nil
}

// mode reads permission bits. Quoted or not, the digits are octal, as chmod's are.
func mode(v value, text string) (*uint32, error) {
	if !octalMode.MatchString(text) {
		return nil, v.errorf("%q is no mode; write three octal digits such as \"0750\"", text)
	}
	n, err := strconv.ParseUint(text, 8, 32)
	bits := uint32(n)
	return &bits, err
}

func interval(v value, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, v.errorf("%q is no duration; write it as 30s, 5m or 1h", text)
	}
	if d < minInterval || d > maxInterval {
		return 0, v.errorf("%s is out of bounds; choose from 10s to 24h", text)
	}
	return d, nil
}

func listenAddress(v value, text string) (string, error) {
	full := text
	if strings.HasPrefix(text, ":") {
		full = "0.0.0.0" + text
	}
	if _, err := netip.ParseAddrPort(full); err != nil {
		return "", v.errorf("%q is no address to listen on; write it as 127.0.0.1:%d or [::1]:%d", text, DefaultPort, DefaultPort)
	}
	return text, nil
}

// dnsName is a host name as DNS holds it (RFC 1123, 2.1), a dot at its end allowed.
var dnsName = regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z][a-zA-Z0-9-]{0,61}[a-zA-Z0-9]\.?$`)

func hostName(v value, text string) (string, error) {
	if len(text) > 253 || !dnsName.MatchString(text) {
		return "", v.errorf("%q is no full host name; write one such as ftp.example.com", text)
	}
	return strings.ToLower(strings.TrimSuffix(text, ".")), nil
}

func address(v value, text string) (string, error) {
	ip, err := netip.ParseAddr(text)
	if err != nil || ip.Zone() != "" {
		return "", v.errorf("%q is no address; write one such as 203.0.113.7 or 2001:db8::7", text)
	}
	return ip.String(), nil
}
