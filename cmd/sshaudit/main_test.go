package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sshaudit/audit/hostfs/hostfstest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sshaudit": func() { os.Exit(mainStatus()) }})
}

// TestScripts runs the command line as people type it; each script says at its
// top which ticket it keeps fixed.
func TestScripts(t *testing.T) {
	hostfstest.NeedRoot(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"host": makeHost, "status": wantStatus, "mode": wantMode, "expand": expand,
		},
		Setup: func(env *testscript.Env) error {
			// Another account must be able to reach a host below the work directory.
			for dir := env.WorkDir; dir != "/"; dir = filepath.Dir(dir) {
				info, err := os.Stat(dir)
				if err != nil {
					return err
				}
				if info.Mode()&0o011 != 0o011 {
					if err := os.Chmod(dir, info.Mode()|0o011); err != nil {
						return err
					}
				}
			}
			return nil
		},
	})
}

// makeHost makes the file system of a host from tables: "host DIR TABLE…". A row
// is PATH MODE UID GID and then nothing, "-> TARGET", "= TEXT" or "< FILE".
func makeHost(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: host DIR TABLE...")
	}
	root := ts.MkAbs(args[0])
	for _, table := range args[1:] {
		scanner := bufio.NewScanner(strings.NewReader(ts.ReadFile(table)))
		for scanner.Scan() {
			if line := scanner.Text(); strings.TrimSpace(line) != "" {
				ts.Check(makeObject(ts, root, line))
			}
		}
	}
}

func makeObject(ts *testscript.TestScript, root, line string) error {
	f := strings.Fields(line)
	if len(f) < 4 {
		return fmt.Errorf("row %q: want PATH MODE UID GID", line)
	}
	mode, err := strconv.ParseUint(f[1], 8, 32)
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(f[2])
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(f[3])
	if err != nil {
		return err
	}
	path := filepath.Join(root, f[0])
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	switch {
	case len(f) == 6 && f[4] == "->":
		if err := os.Symlink(f[5], path); err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	case strings.HasSuffix(f[0], "/"):
		err = os.MkdirAll(path, 0o755)
	case len(f) >= 5 && f[4] == "=":
		_, text, _ := strings.Cut(line, " = ")
		err = os.WriteFile(path, []byte(strings.ReplaceAll(text, `\n`, "\n")), 0o600)
	case len(f) == 6 && f[4] == "<":
		err = os.WriteFile(path, []byte(ts.ReadFile(f[5])), 0o600)
	default:
		err = os.WriteFile(path, nil, 0o600)
	}
	if err != nil {
		return err
	}
	if err := os.Chown(path, uid, gid); err != nil {
		return err
	}
	return unixChmod(path, uint32(mode))
}

// wantStatus runs a command and checks its exit status: "status N COMMAND…".
func wantStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		var ok bool
		if got, ok = exitStatus(err); !ok {
			ts.Fatalf("%v", err)
		}
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// wantMode checks modes: "mode MODE PATH…".
func wantMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: mode MODE PATH...")
	}
	for _, path := range args[1:] {
		info, err := os.Lstat(ts.MkAbs(path))
		ts.Check(err)
		if got := fmt.Sprintf("%04o", unixMode(info)); got != args[0] {
			ts.Fatalf("%s has mode %s, want %s", path, got, args[0])
		}
	}
}

// expand replaces $WORK in a file by the work directory: "expand FILE".
func expand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: expand FILE")
	}
	text := strings.ReplaceAll(ts.ReadFile(args[0]), "$WORK", ts.Getenv("WORK"))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}
