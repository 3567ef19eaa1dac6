//go:build linux

package repair

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"
)

// Phase says how far one change has come. The last record of a change holds.
type Phase string

// The phases. A change begins as PhaseIntent, becomes PhaseDone or PhaseFailed,
// and may go from PhaseDone through PhaseUndo to PhaseUndone (or back to
// PhaseDone when the undo was refused). PhaseUnknown is what recovery says of
// an intent whose object it cannot classify.
const (
	PhaseIntent  Phase = "intent"
	PhaseDone    Phase = "done"
	PhaseFailed  Phase = "failed"
	PhaseUnknown Phase = "unknown"
	PhaseUndo    Phase = "undo"
	PhaseUndone  Phase = "undone"
)

// pending reports whether a change in this phase still wants its outcome.
func (p Phase) pending() bool { return p == PhaseIntent || p == PhaseUndo }

// inPlace reports whether the change is made, or may be after a crash.
func (p Phase) inPlace() bool { return p != "" && p != PhaseFailed && p != PhaseUndone }

// phaseNamed returns the phase of that name, empty for any other word.
func phaseNamed(name string) Phase {
	for _, p := range []Phase{PhaseIntent, PhaseDone, PhaseFailed, PhaseUnknown, PhaseUndo, PhaseUndone} {
		if string(p) == name {
			return p
		}
	}
	return ""
}

// Invoker is who started the run that wrote a record.
type Invoker struct {
	UID uint32 `json:"uid"`
	// LoginUID is the kernel's audit login uid: who really sat there before
	// sudo; 4294967295 if none.
	LoginUID uint32 `json:"login_uid"`
	PID      int    `json:"pid"`
	Version  string `json:"version"`
}

// Record is one line of the journal. It is complete in itself: undo and
// recovery need nothing else to find the object and to know whether it is the
// same one. Bytes that came from the host are base64 in JSON.
type Record struct {
	// ID names the run, Seq the change in it, from 1.
	ID      string    `json:"id"`
	Seq     int       `json:"seq"`
	Phase   Phase     `json:"phase"`
	Time    time.Time `json:"time"`
	BootID  string    `json:"boot_id,omitempty"`
	Invoker Invoker   `json:"invoker"`
	// Reason is the refusal word of a failed change; Recovered tells that the
	// outcome was found by looking at the object after a crash.
	Reason    string `json:"reason,omitempty"`
	Recovered bool   `json:"recovered,omitempty"`

	// The account.
	UID    uint32   `json:"uid"`
	GID    uint32   `json:"gid"`
	Groups []uint32 `json:"groups,omitempty"`
	User   []byte   `json:"user_b64"`
	// Root is the audited root when it is not "/"; Home is inside it, Path
	// relative to Home ("" for the home itself).
	Root []byte `json:"root_b64,omitempty"`
	Home []byte `json:"home_b64"`
	Path []byte `json:"path_b64"`

	// What is the kind of change, as audit.Change.What has it.
	What string `json:"what"`
	// AsRoot tells that the change needs root's rights, not the account's.
	AsRoot bool `json:"as_root,omitempty"`
	// Identity is the object's before the change.
	Identity

	ModeOld uint32 `json:"mode_old"`
	ModeNew uint32 `json:"mode_new"`
	UIDOld  uint32 `json:"uid_old"`
	UIDNew  uint32 `json:"uid_new"`
	GIDOld  uint32 `json:"gid_old"`
	GIDNew  uint32 `json:"gid_new"`
	// ACL is the system.posix_acl_access attribute before the change.
	ACL []byte `json:"acl_b64,omitempty"`

	// For a change of content: digests of both texts, the name beside Path
	// that keeps the old file, and what the new file is.
	SHA256Old []byte    `json:"sha256_old,omitempty"`
	SHA256New []byte    `json:"sha256_new,omitempty"`
	Backup    []byte    `json:"backup_b64,omitempty"`
	NewObject *Identity `json:"new_object,omitempty"`
}

// Identity says which object a record is about. The inode number alone is not
// an identity: file systems reuse it at once.
type Identity struct {
	Dev    uint64 `json:"dev"`
	Ino    uint64 `json:"ino"`
	Btime  int64  `json:"btime,omitempty"` // nanoseconds since 1970, 0 if the file system keeps none
	Handle []byte `json:"handle_b64,omitempty"`
	MntID  uint64 `json:"mnt_id,omitempty"`
	Type   string `json:"type"`
	Nlink  uint32 `json:"nlink"`
	Ctime  int64  `json:"ctime"` // nanoseconds since 1970
}

// match is the outcome of comparing two identities.
type match uint8

const (
	differs match = iota
	same
	// unprovable: nothing differs, but the file system offers neither birth
	// time nor handle, so that a new file may carry the old number.
	unprovable
)

// compare tells whether the object found is the recorded one. A device number
// may change over a reboot; then handle and birth time must both agree.
func (recorded Identity) compare(found Identity, sameBoot bool) match {
	if recorded.Ino != found.Ino || recorded.Type != found.Type {
		return differs
	}
	handles := len(recorded.Handle) > 0 && len(found.Handle) > 0
	births := recorded.Btime != 0 && found.Btime != 0
	if handles && string(recorded.Handle) != string(found.Handle) ||
		births && recorded.Btime != found.Btime {
		return differs
	}
	if recorded.Dev != found.Dev && (sameBoot || !handles || !births) {
		return differs
	}
	if !handles && !births {
		return unprovable
	}
	return same
}

// maxRecord bounds one line of the journal: an access list of 64 KiB in base64
// and two paths still fit.
const maxRecord = 256 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode returns the record as its line: CRC-32C in hex, a blank, JSON, newline.
func (r *Record) encode() ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("record %s/%d: %w", r.ID, r.Seq, err)
	}
	if len(text)+10 > maxRecord {
		return nil, fmt.Errorf("record %s/%d: %d bytes, more than %d", r.ID, r.Seq, len(text), maxRecord)
	}
	line := make([]byte, 0, len(text)+10)
	line = fmt.Appendf(line, "%08x ", crc32.Checksum(text, castagnoli))
	return append(append(line, text...), '\n'), nil
}

var errLine = errors.New("the line is not a record")

// entry is a line of the journal whose checksum is right, read as far as it
// takes to know which change it is about. A fix reads thousands of them at its
// start and wants the whole of few.
type entry struct {
	changeKey
	phase Phase
	// text is the record in JSON; it is valid until the next line is read.
	text []byte
}

// changeKey names one change in the journal.
type changeKey struct {
	id  string
	seq int
}

// The beginning of every record, as encode writes it.
const (
	headID    = `{"id":"`
	headSeq   = `","seq":`
	headPhase = `,"phase":"`
)

// parseLine reads one line without its newline. sameID is an id that is
// probably the line's, to save a copy of it.
func parseLine(line []byte, sameID string) (entry, error) {
	if len(line) < 9 || line[8] != ' ' {
		return entry{}, errLine
	}
	sum, err := strconv.ParseUint(string(line[:8]), 16, 32)
	if err != nil {
		return entry{}, errLine
	}
	e := entry{text: line[9:]}
	if got := crc32.Checksum(e.text, castagnoli); got != uint32(sum) {
		return entry{}, fmt.Errorf("checksum is %08x, the line says %08x", got, sum)
	}
	rest, ok1 := bytes.CutPrefix(e.text, []byte(headID))
	id, rest, ok2 := bytes.Cut(rest, []byte(headSeq))
	seq, rest, ok3 := bytes.Cut(rest, []byte(headPhase))
	phase, _, ok4 := bytes.Cut(rest, []byte(`"`))
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return entry{}, errLine
	}
	e.id = sameID
	if string(id) != sameID {
		e.id = string(id)
	}
	e.seq, err = strconv.Atoi(string(seq))
	e.phase = phaseNamed(string(phase))
	if err != nil || e.seq < 1 || e.phase == "" || e.id != sameID && !validID(e.id) {
		return entry{}, errLine
	}
	return e, nil
}

// record reads the whole record.
func (e entry) record() (*Record, error) {
	r := new(Record)
	if err := json.Unmarshal(e.text, r); err != nil || r.ID != e.id || r.Seq != e.seq || r.Phase != e.phase {
		return nil, fmt.Errorf("record %s/%d: %w", e.id, e.seq, errLine)
	}
	return r, nil
}

const idTime = "20060102T150405Z"

// runID names the n-th run of a second.
func runID(now time.Time, n int) string {
	return now.UTC().Format(idTime) + "-" + strconv.Itoa(n)
}

// validID reports whether id has the form 20060102T150405Z-1.
func validID(id string) bool {
	if len(id) < len(idTime)+2 || len(id) > len(idTime)+7 || id[len(idTime)] != '-' {
		return false
	}
	if _, err := time.Parse(idTime, id[:len(idTime)]); err != nil {
		return false
	}
	n, err := strconv.Atoi(id[len(idTime)+1:])
	return err == nil && n > 0 && strconv.Itoa(n) == id[len(idTime)+1:]
}
