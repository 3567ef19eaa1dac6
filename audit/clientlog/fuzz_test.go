package clientlog

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"sshaudit/audit"
)

// FuzzRead feeds arbitrary texts: nothing may crash, everything that is kept is
// bounded, what failed is a step that can be explained, and a password that was
// sent is nowhere in what is kept.
func FuzzRead(f *testing.F) {
	_ = fs.WalkDir(os.DirFS("testdata"), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasPrefix(name, "fuzz/") {
			if data, err := os.ReadFile("testdata/" + name); err == nil && len(data) < 1<<16 {
				f.Add(data)
			}
		}
		return nil
	})
	f.Add([]byte("\xff\xfe.\x00 \x002\x000\x00"))
	f.Add([]byte("Outgoing packet #0x1, type 50 / 0x32 (SSH2_MSG_USERAUTH_REQUEST)\n  00000000  00 00 00 04 77 65 62 31\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := Read(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := Prove(l.Step); l.Step != "" && !ok {
			t.Errorf("step %q is not explained", l.Step)
		}
		if n := size(l); n > 256<<10 {
			t.Errorf("%d bytes are kept", n)
		}
		if l.Line > l.Lines || l.Line < 0 {
			t.Errorf("line %d of %d", l.Line, l.Lines)
		}
		again, err := Read(bytes.NewReader(append(slices.Clip(data), "\n> PASS s3cr3t-of-the-test\n---> PASS s3cr3t-of-the-test\n"...)))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(fmt.Sprintf("%+v", again), "s3cr3t-of-the-test") && !bytes.Contains(data, []byte("s3cr3t-of-the-test")) {
			t.Errorf("a password is kept: %+v", again)
		}
	})
}

// size adds up what is kept of a log.
func size(l *audit.ClientLog) int {
	n := len(fmt.Sprintf("%v", *l))
	return n
}
