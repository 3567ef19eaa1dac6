package pam

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"sshaudit/audit"
)

const faillockFile = "/etc/security/faillock.conf"

// faillockOptions are the settings of pam_faillock with their defaults
// (pam_faillock.c args_parse). Times are seconds.
type faillockOptions struct {
	action                         string
	dir, adminGroup                string
	deny, interval, unlock, rootUn uint64
	rootUnSet                      bool
	denyRoot, localOnly            bool
}

// faillock is pam_faillock.c. On the account line it only clears the tally.
func faillock(c *call) answer {
	o := faillockOptions{dir: "/var/run/faillock", deny: 3, interval: 900, unlock: 600, action: "preauth"}
	file, given := c.value("conf")
	if !given {
		file = faillockFile
	}
	text, err := c.source.Read(file)
	switch {
	case given && missing(err):
		return refuse(ServiceErr, audit.Untrusted(file).String()+" does not exist")
	case err != nil && !missing(err):
		return c.unread(file, err)
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		name, value := cutSetting(strings.TrimSpace(line))
		o.set(name, value)
	}
	for _, a := range c.args {
		switch name, value, _ := strings.Cut(a, "="); name {
		case "preauth", "authfail", "authsucc":
			o.action = name
		case "conf":
		default:
			o.set(name, value)
		}
	}
	if !o.rootUnSet {
		o.rootUn = o.unlock
	}
	if c.phase == account || o.localOnly && !c.facts.Local {
		return sure(Success)
	}
	return o.tally(c)
}

// cutSetting parts a line at a blank or "=".
func cutSetting(line string) (name, value string) {
	i := strings.IndexAny(line, "= \t")
	if i < 0 {
		return line, ""
	}
	value = strings.TrimLeft(line[i:], " \t")
	if value != "" && value[0] == '=' {
		value = value[1:]
	}
	return line[:i], strings.TrimLeft(value, " \t")
}

func (o *faillockOptions) set(name, value string) {
	number := func(to *uint64, limit uint64, never bool) bool {
		if never && value == "never" {
			*to = 0
			return true
		}
		digits := strings.TrimLeft(value, " \t")
		end := 0
		for end < len(digits) && digits[end] >= '0' && digits[end] <= '9' {
			end++
		}
		n, err := strconv.ParseUint(digits[:end], 10, 32)
		if err != nil || n > limit {
			return false
		}
		*to = n
		return true
	}
	const week = 604800
	switch name {
	case "dir":
		if strings.HasPrefix(value, "/") {
			o.dir = value
		}
	case "deny":
		number(&o.deny, math.MaxUint16, false)
	case "fail_interval":
		number(&o.interval, week, false)
	case "unlock_time":
		number(&o.unlock, week, true)
	case "root_unlock_time":
		o.rootUnSet = number(&o.rootUn, week, true) || o.rootUnSet
	case "admin_group":
		o.adminGroup = value
	case "even_deny_root":
		o.denyRoot = true
	case "local_users_only":
		o.localOnly = true
	}
}

// record is one failed attempt in a tally file: 64 bytes, of which the last 12
// are reserved bytes, status and time in the host's byte order (faillock.h).
const (
	recordSize   = 64
	statusAt     = 54
	timeAt       = 56
	tallyValid   = 1
	maxTallySize = 1024 * recordSize
)

// tally is check_tally: it counts the failures that lie within fail_interval of the last.
func (o *faillockOptions) tally(c *call) answer {
	failed := Success
	if o.action == "authfail" {
		failed = Ignore // it only writes
	}
	file := o.dir + "/" + c.facts.User
	data, err := c.given.Read(file)
	if missing(err) {
		return sure(failed)
	}
	if err != nil || len(data) > maxTallySize {
		return unsure(fmt.Sprintf("the tally in %s cannot be used", audit.Untrusted(file)), failed, AuthErr, SystemErr)
	}
	admin := c.facts.UID == 0 || o.adminGroup != "" && c.facts.inGroup(o.adminGroup)
	if admin && !o.denyRoot {
		return sure(failed)
	}
	latest, failures := o.count(data)
	unlock := o.unlock
	if admin {
		unlock = o.rootUn
	}
	if o.deny == 0 || failures < o.deny || unlock != 0 && latest+unlock < uint64(c.facts.Now.Unix()) {
		return sure(failed)
	}
	until := "until faillock --reset"
	if unlock != 0 {
		until = fmt.Sprintf("for %d seconds more", latest+unlock-uint64(c.facts.Now.Unix()))
	}
	return refuse(AuthErr, fmt.Sprintf("%s holds %d failures, which locks %s %s", audit.Untrusted(file), failures, c.facts.shown(), until))
}

func (o *faillockOptions) count(data []byte) (latest, failures uint64) {
	var times []uint64
	for ; len(data) >= recordSize; data = data[recordSize:] {
		if binary.NativeEndian.Uint16(data[statusAt:])&tallyValid == 0 {
			continue
		}
		at := binary.NativeEndian.Uint64(data[timeAt:])
		times = append(times, at)
		latest = max(latest, at)
	}
	for _, at := range times {
		if latest-at < o.interval {
			failures++
		}
	}
	return latest, failures
}
