package sshdconf

import (
	"fmt"
	"strings"
)

// trafficClass is a name of misc.c ipqos[]; value -1 leaves the packet alone.
type trafficClass struct {
	name  string
	value int64
	// old is a word of IPv4's type of service.
	old bool
}

var trafficClasses = []trafficClass{
	{name: "none", value: -1},
	{name: "af11", value: 0x28}, {name: "af12", value: 0x30}, {name: "af13", value: 0x38}, {name: "af21", value: 0x48}, {name: "af22", value: 0x50}, {name: "af23", value: 0x58},
	{name: "af31", value: 0x68}, {name: "af32", value: 0x70}, {name: "af33", value: 0x78}, {name: "af41", value: 0x88}, {name: "af42", value: 0x90}, {name: "af43", value: 0x98},
	{name: "cs0", value: 0x00}, {name: "cs1", value: 0x20}, {name: "cs2", value: 0x40}, {name: "cs3", value: 0x60}, {name: "cs4", value: 0x80}, {name: "cs5", value: 0xa0}, {name: "cs6", value: 0xc0}, {name: "cs7", value: 0xe0},
	{name: "ef", value: 0xb8}, {name: "le", value: 0x04}, {name: "lowdelay", value: 0x10, old: true}, {name: "throughput", value: 0x08, old: true}, {name: "reliability", value: 0x04, old: true},
}

// class reads a traffic class and returns the name that sshd prints for it. The
// old words of IPv4 mean nothing from 10.1 on, nor in Debian's later 10.0.
func (x *exec) class(arg string) (string, bool) {
	for _, c := range trafficClasses {
		if !strings.EqualFold(arg, c.name) {
			continue
		}
		if c.old && x.r.newQoS {
			return "none", true
		}
		return x.r.className(x.r.classValue(c)), true
	}
	if x.r.newQoS {
		n, complaint := strtonum(arg, 0, 255)
		return x.r.className(n), complaint == ""
	}
	n, used := strtol(arg, 0)
	return x.r.className(n), used == len(arg) && arg != "" && n >= 0 && n <= 255
}

// classValue is a class's value in the release: up to 8.8 le was wrong.
func (r *rules) classValue(c trafficClass) int64 {
	if c.name == "le" && r.rel < 809 {
		return 0x01
	}
	return c.value
}

// className is the first name of a value; the old words have none any more
// where they mean nothing.
func (r *rules) className(value int64) string {
	for _, c := range trafficClasses {
		if r.classValue(c) == value && !(r.newQoS && c.old) {
			return c.name
		}
	}
	return fmt.Sprintf("0x%02x", value)
}

// parseIPQoS: the last line wins up to 10.2.
func parseIPQoS(x *exec) error {
	arg, err := x.word(x.l.keyword + " missing argument.")
	if err != nil {
		return err
	}
	interactive, ok := x.class(arg)
	if !ok {
		return x.fatal("Bad %s value: %s", x.l.keyword, arg)
	}
	bulk := interactive
	if arg, ok = x.next(); ok {
		if bulk, ok = x.class(arg); !ok {
			return x.fatal("Bad %s value: %s", x.l.keyword, arg)
		}
	}
	v := manyTexts([]string{interactive, bulk}, x.at())
	if x.r.rel < 1003 {
		x.last(v)
	} else {
		x.first(v)
	}
	return nil
}
