package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// event is a line of "go test -json"; see "go doc test2json" and "go help buildjson".
type event struct {
	Action      string
	Package     string
	ImportPath  string
	Test        string
	Elapsed     float64
	Output      string
	FailedBuild string
}

// test is one that has started and whose package has not ended yet.
type test struct {
	action string // "" while it runs
	output strings.Builder
}

type summary struct {
	out      *bufio.Writer
	tests    map[string]map[string]*test // by package and name; "" is the package itself
	builds   map[string]*strings.Builder // compiler output by import path
	skipped  []string
	failures []string
	passed   int
}

func newSummary(out io.Writer) *summary {
	return &summary{out: bufio.NewWriter(out), tests: map[string]map[string]*test{}, builds: map[string]*strings.Builder{}}
}

// read takes all events. Lines that are no JSON come from go itself and are passed on.
func (s *summary) read(in io.Reader) error {
	r := bufio.NewReader(in)
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil {
				s.take(e)
			} else {
				fmt.Fprintf(s.out, "%s", line)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) take(e event) {
	switch e.Action {
	case "build-output":
		if s.builds[e.ImportPath] == nil {
			s.builds[e.ImportPath] = &strings.Builder{}
		}
		s.builds[e.ImportPath].WriteString(e.Output)
		return
	case "build-fail":
		return // its package's own fail event follows
	}
	tests := s.tests[e.Package]
	if tests == nil {
		tests = map[string]*test{}
		s.tests[e.Package] = tests
	}
	t := tests[e.Test]
	if t == nil {
		t = &test{}
		tests[e.Test] = t
	}
	switch e.Action {
	case "output":
		t.output.WriteString(e.Output)
	case "pass", "fail", "skip":
		t.action = e.Action
		if e.Test == "" {
			s.endPackage(e, tests)
			delete(s.tests, e.Package)
			_ = s.out.Flush() // close reports what could not be written
		}
	}
}

// endPackage counts a package's tests, prints its line and its failures.
func (s *summary) endPackage(e event, tests map[string]*test) {
	whole := tests[""]
	delete(tests, "")
	var failed []string
	counted := 0
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		switch t := tests[name]; {
		case t.action == "skip" && counts(name, tests):
			counted++
			s.skipped = append(s.skipped, fmt.Sprintf("%s %s: %s", e.Package, name, reason(t.output.String())))
		case t.action == "pass" && counts(name, tests):
			counted++
			s.passed++
		case t.action == "fail" && !childFailed(name, tests), t.action == "":
			counted++
			failed = append(failed, name)
		}
	}
	if e.Action == "fail" && len(failed) == 0 {
		failed = []string{"(package)"} // did not build, or ended outside any test
	}
	if e.Action == "skip" {
		fmt.Fprintf(s.out, "      %s has no tests\n", e.Package)
		return
	}
	fmt.Fprintf(s.out, "%-5s %s %.1fs, %d tests\n", e.Action, e.Package, e.Elapsed, counted)
	for _, name := range failed {
		s.failures = append(s.failures, e.Package+" "+name)
	}
	if len(failed) == 0 {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		if t := tests[name]; t.action == "fail" || t.action == "" {
			fmt.Fprint(s.out, t.output.String())
		}
	}
	fmt.Fprint(s.out, whole.output.String())
	if build := s.builds[e.FailedBuild]; build != nil {
		fmt.Fprint(s.out, build.String())
	}
}

// counts tells whether a name is a test by itself: a test with subtests is not,
// its subtests are; a fuzz target's seeds are not, the target is.
func counts(name string, tests map[string]*test) bool {
	parent, _, sub := strings.Cut(name, "/")
	if strings.HasPrefix(parent, "Fuzz") {
		return !sub
	}
	for other := range tests {
		if strings.HasPrefix(other, name+"/") {
			return false
		}
	}
	return true
}

func childFailed(name string, tests map[string]*test) bool {
	for other, t := range tests {
		if strings.HasPrefix(other, name+"/") && t.action != "pass" && t.action != "skip" {
			return true
		}
	}
	return false
}

// reason takes what t.Skip said from a test's output: its lines without the
// frame ("=== RUN", "--- SKIP") and without the place.
func reason(output string) string {
	var said []string
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		if place, text, ok := strings.Cut(line, ": "); ok && strings.Contains(place, ".go:") {
			line = text
		}
		said = append(said, line)
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, " ")
}

// close prints the lists and the counts, and reports whether all is well: all
// tests passed, there was one, and the result could be written.
func (s *summary) close(ci bool) bool {
	for _, pkg := range slices.Sorted(maps.Keys(s.tests)) {
		// Events without an end: go test itself was interrupted.
		s.failures = append(s.failures, pkg+" (package did not end)")
	}
	list := func(title string, lines []string) {
		if len(lines) > 0 {
			fmt.Fprintf(s.out, "\n%s:\n  %s\n", title, strings.Join(lines, "\n  "))
		}
	}
	list("skipped", s.skipped)
	list("failed", s.failures)
	if ci && len(s.skipped) > 0 {
		fmt.Fprintln(s.out, "\nCI is set: a skipped test counts against the run")
	}
	fmt.Fprintf(s.out, "\n%d passed, %d failed, %d skipped\n", s.passed, len(s.failures), len(s.skipped))
	return s.out.Flush() == nil && s.passed > 0 && len(s.failures) == 0 && (!ci || len(s.skipped) == 0)
}
