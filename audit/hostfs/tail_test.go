//go:build linux

package hostfs_test

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
)

func TestTheEndOfAFileBeginsWithALine(t *testing.T) {
	r := build(t, hostfstest.Entry{Path: "/log", Content: "first\nsecond\nthird\n"}, hostfstest.Entry{Path: "/fifo", Special: unix.S_IFIFO})
	for _, tc := range []struct {
		limit int64
		want  string
	}{{100, "first\nsecond\nthird\n"}, {19, "first\nsecond\nthird\n"}, {18, "second\nthird\n"}, {8, "third\n"}, {3, ""}, {0, ""}} {
		data, info, err := r.Self().ReadTail("/log", tc.limit)
		if err != nil || string(data) != tc.want || info.Size != 19 {
			t.Errorf("%d bytes: %q, %v", tc.limit, data, err)
		}
	}
	if _, _, err := r.Self().ReadTail("/fifo", 100); !errors.Is(err, hostfs.ErrType) {
		t.Errorf("a FIFO: %v", err)
	}
}
