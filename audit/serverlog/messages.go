package serverlog

import (
	"encoding/json"
	"iter"
	"strings"

	"sshaudit/audit"
)

// Messages reads the messages alone of the lines of "journalctl -o json", whoever
// wrote them, in their order.
func Messages(text string) iter.Seq[audit.Untrusted] {
	return func(yield func(audit.Untrusted) bool) {
		for raw := range strings.Lines(text) {
			var r record
			if json.Unmarshal([]byte(raw), &r) != nil {
				continue
			}
			if m := message(r.Message); m != "" && !yield(m) {
				return
			}
		}
	}
}
