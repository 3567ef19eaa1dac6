package watch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func newSystem(t *testing.T) *System {
	t.Helper()
	s, err := NewSystem()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// exists is for a tree that is the test's own.
func exists(dir string) error {
	_, err := os.Stat(dir)
	return err
}

// happens waits for a change to be told.
func happens(t *testing.T, s *System, what string) {
	t.Helper()
	select {
	case <-s.Changed():
	case <-time.After(10 * time.Second):
		t.Fatalf("%s: not told", what)
	}
	if s.Since().IsZero() {
		t.Errorf("%s: told without a time", what)
	}
	time.Sleep(20 * time.Millisecond) // the other events of the same change
	s.Since()
	select {
	case <-s.Changed():
	default:
	}
}

func TestChangesOfSystemFilesAreTold(t *testing.T) {
	s := newSystem(t)
	etc := t.TempDir()
	write := func(name, text string) { must(t, os.WriteFile(filepath.Join(etc, name), []byte(text), 0o644)) }
	write("passwd", "root")
	must(t, os.Mkdir(filepath.Join(etc, "conf.d"), 0o755))
	s.Cover([]string{etc + "/passwd", etc + "/nologin", etc + "/conf.d/", etc + "/ssh/sshd_config"}, exists)

	write("passwd+", "root alice")
	must(t, os.Rename(etc+"/passwd+", etc+"/passwd"))
	happens(t, s, "passwd replaced by rename, as vipw does")
	write("passwd", "root")
	happens(t, s, "passwd rewritten")
	must(t, os.Chmod(etc+"/passwd", 0o600))
	happens(t, s, "mode of passwd")
	write("nologin", "")
	happens(t, s, "a file that did not exist")
	write("conf.d/10.conf", "")
	happens(t, s, "a new file in a listed directory")
	must(t, os.Mkdir(etc+"/ssh", 0o755))
	happens(t, s, "the directory of a file that did not exist")
	s.Cover([]string{etc + "/ssh/sshd_config"}, exists)
	write("ssh/sshd_config", "")
	happens(t, s, "the file in it")
	must(t, os.RemoveAll(etc+"/conf.d"))
	happens(t, s, "a listed directory removed")
	must(t, os.Mkdir(etc+"/conf.d", 0o755))
	happens(t, s, "and made again")
	s.Cover([]string{etc + "/conf.d/"}, exists)
	write("conf.d/20.conf", "")
	happens(t, s, "a new file in the new one")
}

func TestOtherSystemFilesAreNotTold(t *testing.T) {
	s := newSystem(t)
	etc := t.TempDir()
	s.Cover([]string{etc + "/passwd"}, exists)
	must(t, os.WriteFile(etc+"/mtab", nil, 0o644))
	must(t, os.WriteFile(etc+"/resolv.conf", nil, 0o644))
	must(t, os.WriteFile(etc+"/passwd", nil, 0o644))
	happens(t, s, "passwd")
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.names[etc]); n != 1 {
		t.Errorf("%d names matter in the directory, want one", n)
	}
}

func TestDirectoryOfOthersIsNotWatched(t *testing.T) {
	s := newSystem(t)
	dir := t.TempDir()
	s.Cover([]string{dir + "/shell", "/proc/sys/x", "/sys/y"}, func(string) error { return errors.New("a tenant's") })
	if got := s.Stats(); got.Watched != 0 || got.Unwatched != 1 {
		t.Errorf("%+v, want one directory unwatched, and those of the kernel not counted", got)
	}
}

func TestWatchForAPathEndsAtTheRoot(t *testing.T) {
	s := newSystem(t)
	s.Cover([]string{"/a/b/c"}, func(dir string) error {
		if dir == "/" {
			return nil
		}
		return fs.ErrNotExist
	})
	if got := s.Stats(); got.Watched != 1 {
		t.Errorf("%+v, want / watched", got)
	}
}
