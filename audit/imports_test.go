package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "sshaudit/"

// row says what a package of the project may import.
type row struct {
	// ours are the packages of the project it may import; nil is none, any is every.
	ours []string
	// touches is what of the machine it may reach for.
	touches reach
	why     string
}

type reach int

const (
	nothing reach = iota // a function of its arguments: no file, socket, process, clock
	machine              // files, sockets, time
	execute              // and other programs
	harness              // anything, but only tests may import it
)

// every in a row's ours stands for every package of the project.
var every = []string{"*"}

// parsers turn texts into values. They may use each other.
var parsers = []string{
	"audit/accounts", "audit/authkeys", "audit/clientlog", "audit/ftpdconf", "audit/keyfiles", "audit/netfilter", "audit/pam",
	"audit/serverlog", "audit/settings", "audit/sockdiag", "audit/sshclients", "audit/sshdconf",
	"audit/sshpattern", "audit/sshwire",
}

func and(lists ...[]string) []string { return slices.Concat(lists...) }

// table is the architecture: imports run downwards only. A package that is not
// here fails the test, so that its place is decided when it is made.
var table = func() map[string]row {
	words := []string{"audit"}
	snapshot := and(parsers, words, []string{"audit/facts"})
	judgement := and(snapshot, []string{"audit/decide"})
	rows := map[string]row{
		"audit":                   {nil, nothing, "the words: every other package imports them"},
		"audit/facts":             {and(parsers, words), nothing, "a verdict must be testable from a literal"},
		"audit/decide":            {snapshot, nothing, "the same facts must give the same answer"},
		"audit/checks":            {judgement, nothing, "a check asks decide, it knows no rule of sshd twice and reads no file behind facts"},
		"audit/report":            {words, nothing, "presenters judge nothing"},
		"audit/hostfs":            {words, machine, "it gives files, and knows no format"},
		"audit/watch":             {words, machine, "it tells that something changed, not what that means"},
		"audit/collect":           {and(snapshot, []string{"audit/hostfs", "audit/nflink"}), execute, "it fills facts and judges nothing; getent and journalctl are programs"},
		"audit/nflink":            {and(snapshot, []string{"audit/hostfs"}), execute, "it reads the kernel's rule set; iptables-legacy-save is a program"},
		"audit/survey":            {and(judgement, []string{"audit/checks", "audit/collect"}), machine, "it collects, evaluates and lets go; it chooses accounts and tells the time"},
		"audit/repair":            {and(judgement, []string{"audit/hostfs"}), machine, "it changes through descriptors, never through another program"},
		"audit/live":              {and(judgement, []string{"audit/checks", "audit/collect", "audit/survey", "audit/watch"}), machine, "the daemon's state knows neither HTTP nor presentation"},
		"exporter":                {and(judgement, []string{"audit/live", "audit/report"}), machine, "it serves what live publishes and starts no audit of its own"},
		"cmd/sshaudit":            {every, machine, "the program puts the parts together"},
		"audit/sshdtest":          {words, harness, "it installs systems and starts daemons"},
		"deploy":                  {and(words, []string{"exporter"}), harness, "it holds the examples against the real programs"},
		"packaging":               {words, harness, "it builds and installs packages"},
		"audit/hostfs/hostfstest": {and(words, []string{"audit/hostfs"}), harness, "it makes trees of files"},
		"audit/facts/factstest":   {snapshot, harness, "it makes facts for tests"},
	}
	for _, p := range parsers {
		rows[p] = row{and(parsers, words), nothing, "a parser is handed bytes, so it can be fuzzed and can neither hang nor be redirected"}
	}
	return rows
}()

// unreachable lists the packages that reach the machine. Not all of os does
// (os.ErrNotExist), but io/fs has what a pure package needs of it.
var unreachable = []string{
	"os", "os/user", "os/signal", "net", "net/http", "syscall", "unsafe", "io/ioutil",
	"golang.org/x/sys/unix", "log", "testing",
}

// listed is what is used of "go list -json".
type listed struct {
	Dir, ImportPath, Doc string
	GoFiles, Imports     []string
}

// project lists the packages of the project without their tests.
func project(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=Dir,ImportPath,Doc,GoFiles,Imports", "./...")
	cmd.Dir = ".."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		t.Fatal("go list shows no package")
	}
	return all
}

func TestImportDirection(t *testing.T) {
	for _, p := range project(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		r, ok := table[name]
		if !ok {
			t.Errorf("%s: not in the table of this test; add a row that says what it may import and why", name)
			continue
		}
		for _, problem := range forbidden(name, r, p.Imports) {
			t.Errorf("%s %s: %s", name, problem, r.why)
		}
	}
}

// forbidden lists which of a package's imports its row forbids.
func forbidden(name string, r row, imports []string) []string {
	var problems []string
	for _, imported := range imports {
		ours, isOurs := strings.CutPrefix(imported, module)
		switch {
		case isOurs && table[ours].touches == harness && r.touches != harness:
			problems = append(problems, "imports "+ours+", which is for tests only")
		case isOurs && !slices.Equal(r.ours, every) && !slices.Contains(r.ours, ours):
			problems = append(problems, "may not import "+ours)
		case imported == "os/exec" && r.touches < execute:
			problems = append(problems, "may not start programs (os/exec)")
		case r.touches == nothing && slices.Contains(unreachable, imported):
			problems = append(problems, "may not touch the machine ("+imported+")")
		case imported == "testing" && r.touches != harness:
			problems = append(problems, "may not import testing in the program")
		}
	}
	return problems
}

func TestForbiddenImportsAreFound(t *testing.T) {
	for _, tc := range []struct{ name, imported, want string }{
		{"audit", "sshaudit/audit/facts", "may not import audit/facts"},
		{"audit/facts", "sshaudit/audit/decide", "may not import audit/decide"},
		{"audit/sshdconf", "sshaudit/audit/sshpattern", ""},
		{"audit/sshdconf", "sshaudit/audit/facts", "may not import audit/facts"},
		{"audit/sshdconf", "net/netip", ""},
		{"audit/sshdconf", "net", "may not touch the machine (net)"},
		{"audit/decide", "os", "may not touch the machine (os)"},
		{"audit/repair", "os/exec", "may not start programs (os/exec)"},
		{"audit/collect", "os/exec", ""},
		{"audit/collect", "sshaudit/audit/decide", "may not import audit/decide"},
		{"cmd/sshaudit", "sshaudit/audit/collect", ""},
		{"cmd/sshaudit", "os/exec", "may not start programs (os/exec)"},
		{"cmd/sshaudit", "sshaudit/audit/sshdtest", "imports audit/sshdtest, which is for tests only"},
	} {
		got := strings.Join(forbidden(tc.name, table[tc.name], []string{tc.imported}), "; ")
		if got != tc.want {
			t.Errorf("%s importing %s: %q, want %q", tc.name, tc.imported, got, tc.want)
		}
	}
}

// TestPurePackagesAskNoClock: a verdict about an expiry time must be made for
// the moment the caller names, or it could not be tested or explained later.
func TestPurePackagesAskNoClock(t *testing.T) {
	for _, p := range project(t) {
		if r, ok := table[strings.TrimPrefix(p.ImportPath, module)]; !ok || r.touches != nothing {
			continue
		}
		for _, file := range p.GoFiles {
			path := filepath.Join(p.Dir, file)
			for _, place := range clockUses(t, path) {
				t.Errorf("%s: the package may not ask the clock; let the caller give the time", place)
			}
		}
	}
}

// clockUses lists where a file calls a function of package time that depends on the present.
func clockUses(t *testing.T, path string) []string {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	name := ""
	for _, i := range file.Imports {
		if imported, err := strconv.Unquote(i.Path.Value); err == nil && imported == "time" {
			name = "time"
			if i.Name != nil {
				name = i.Name.Name
			}
		}
	}
	var places []string
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok || !slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "Tick", "NewTimer", "NewTicker"}, selector.Sel.Name) {
			return true
		}
		if x, ok := selector.X.(*ast.Ident); ok && name != "" && x.Name == name {
			places = append(places, set.Position(selector.Pos()).String()+" "+name+"."+selector.Sel.Name)
		}
		return true
	})
	return places
}

func TestEveryPackageHasADocComment(t *testing.T) {
	for _, p := range project(t) {
		if p.Doc == "" {
			t.Errorf("%s: no package comment", p.ImportPath)
		}
	}
}
