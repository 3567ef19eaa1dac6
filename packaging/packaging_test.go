// Package packaging_test builds the packages and looks at what they hold.
package packaging_test

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sshaudit/audit/sshdtest"
)

// build runs the package build for this machine's architecture.
func build(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "dist")
	cmd := exec.CommandContext(t.Context(), "bash", "build", "-o", dir, "amd64")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

// sums returns the digests of the files of a directory by name.
func sums(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%v, %v: want a .deb and a .rpm", entries, err)
	}
	list := map[string][32]byte{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		list[e.Name()] = sha256.Sum256(data)
	}
	return list
}

func TestPackagesAreReproducibleAndInOrder(t *testing.T) {
	sshdtest.NeedProgram(t, "dpkg-deb", "dpkg")
	lintian := sshdtest.NeedProgram(t, "lintian", "lintian")
	first := build(t)
	before, after := sums(t, first), sums(t, build(t))
	for name, sum := range before {
		if after[name] != sum {
			t.Errorf("two builds of %s differ", name)
		}
	}
	debs, _ := filepath.Glob(first + "/*.deb")
	out, err := exec.CommandContext(t.Context(), lintian, "--fail-on", "error", "--allow-root", debs[0]).CombinedOutput()
	if err != nil {
		t.Errorf("lintian: %v\n%s", err, out)
	}
	root := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "dpkg-deb", "-x", debs[0], root).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	program := filepath.Join(root, "usr/bin/sshaudit")
	wantStatic(t, program)
	wantLicences(t, program)
	wantManual(t, program)
}

func wantStatic(t *testing.T, program string) {
	t.Helper()
	out, _ := exec.CommandContext(t.Context(), "ldd", program).CombinedOutput()
	if !bytes.Contains(out, []byte("not a dynamic executable")) {
		t.Errorf("the program is not static: %s", out)
	}
}

// wantLicences compares the modules in the program with those in copyright.
func wantLicences(t *testing.T, program string) {
	t.Helper()
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	copyright, err := os.ReadFile("copyright")
	if err != nil {
		t.Fatal(err)
	}
	named := strings.FieldsFunc(string(copyright), func(r rune) bool { return strings.ContainsRune(" ,\n", r) })
	listed := map[string]bool{}
	for _, word := range named {
		listed[word] = true
	}
	if len(info.Deps) < 10 {
		t.Fatalf("the program names only %d modules", len(info.Deps))
	}
	for _, module := range info.Deps {
		if !listed[module.Path] {
			t.Errorf("packaging/copyright does not name %s", module.Path)
		}
		delete(listed, module.Path)
	}
	for word := range listed {
		if strings.Count(word, "/") > 1 && !strings.Contains(word, ":") && strings.Contains(word, ".") && word[0] != '/' {
			t.Errorf("packaging/copyright names %s, which the program does not hold", word)
		}
	}
}

var (
	commandLine = regexp.MustCompile(`(?m)^  ([a-z]+) +[A-Z]`)
	flagName    = regexp.MustCompile(`(?m)^ +(?:-[a-z], )?--([a-z.-]+)`)
)

// wantManual compares commands and flags with the manual pages.
func wantManual(t *testing.T, program string) {
	t.Helper()
	var manual string
	for _, page := range []string{"man/sshaudit.1", "man/sshaudit-daemon.8"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		manual += strings.ReplaceAll(string(text), `\-`, "-")
	}
	help := func(args ...string) string {
		out, err := exec.CommandContext(t.Context(), program, append(args, "--help")...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	commands := commandLine.FindAllStringSubmatch(help(), -1)
	if len(commands) < 12 {
		t.Fatalf("commands found: %q", commands)
	}
	for _, c := range commands {
		if c[1] == "help" {
			continue
		}
		if !strings.Contains(manual, "sshaudit "+c[1]) {
			t.Errorf("the manual does not name the command %s", c[1])
		}
		if c[1] == "completion" {
			continue
		}
		for _, f := range flagName.FindAllStringSubmatch(help(c[1]), -1) {
			if !regexp.MustCompile(`--` + regexp.QuoteMeta(f[1]) + `(?:[^a-z-]|$)`).MatchString(manual) {
				t.Errorf("the manual does not name --%s of %s", f[1], c[1])
			}
		}
	}
}
