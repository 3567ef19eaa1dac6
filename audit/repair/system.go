//go:build linux

package repair

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"
)

// maxSubUID bounds /etc/subuid.
const maxSubUID = 16 << 20

// unmappedUID is the uid that the kernel shows for an owner that the mount or
// the user namespace cannot express.
var unmappedUID = sync.OnceValue(func() uint32 {
	text, err := os.ReadFile("/proc/sys/kernel/overflowuid")
	if err == nil {
		if uid, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32); err == nil {
			return uint32(uid)
		}
	}
	return 65534
})

// bootID names this boot, so that undo knows whether device numbers still hold.
var bootID = sync.OnceValue(func() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
})

// invoker says who runs this process.
func invoker(version string) Invoker {
	who := Invoker{UID: uint32(os.Getuid()), LoginUID: ^uint32(0), PID: os.Getpid(), Version: version}
	if text, err := os.ReadFile("/proc/self/loginuid"); err == nil {
		if uid, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32); err == nil {
			who.LoginUID = uint32(uid)
		}
	}
	return who
}

// idRange is a range of uids that belongs to an account's user namespaces.
type idRange struct{ first, count uint64 }

// parseSubUID reads /etc/subuid (subuid(5)): name, first uid, count.
func parseSubUID(text []byte) []idRange {
	var out []idRange
	for line := range bytes.Lines(text) {
		f := strings.Split(strings.TrimSpace(string(line)), ":")
		if len(f) != 3 {
			continue
		}
		first, err1 := strconv.ParseUint(f[1], 10, 32)
		count, err2 := strconv.ParseUint(f[2], 10, 32)
		if err1 == nil && err2 == nil {
			out = append(out, idRange{first, count})
		}
	}
	return out
}

// subordinate reports whether a uid lies in a range of /etc/subuid. A file
// that cannot be read leaves the question open, and then the answer is yes.
func (r *run) subordinate(uid uint32) bool {
	if !r.subuidRead {
		r.subuidRead = true
		text, _, err := r.f.Root.Self().ReadFile("/etc/subuid", maxSubUID, nil)
		switch {
		case err == nil:
			r.subuid = parseSubUID(text)
		case !isNotExist(err):
			r.subuid = []idRange{{0, 1 << 32}}
		}
	}
	for _, s := range r.subuid {
		if uint64(uid) >= s.first && uint64(uid) < s.first+s.count {
			return true
		}
	}
	return false
}
