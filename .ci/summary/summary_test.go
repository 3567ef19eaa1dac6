package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func run(t *testing.T, ci bool, events ...event) (string, bool) {
	t.Helper()
	var in, out strings.Builder
	for _, e := range events {
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(line, '\n'))
	}
	s := newSummary(&out)
	if err := s.read(strings.NewReader(in.String())); err != nil {
		t.Fatal(err)
	}
	good := s.close(ci)
	return out.String(), good
}

func TestSummary(t *testing.T) {
	pass := func(name string) event { return event{Package: "p", Test: name, Action: "pass"} }
	fail := func(name string) event { return event{Package: "p", Test: name, Action: "fail"} }
	say := func(name, text string) event {
		return event{Package: "p", Test: name, Action: "output", Output: text}
	}
	skip := []event{say("TestC", "    c_test.go:7: needs root: no\n"), {Package: "p", Test: "TestC", Action: "skip"}}
	for _, tc := range []struct {
		name   string
		ci     bool
		events []event
		good   bool
		last   string
		holds  string
	}{
		{"all pass", true, []event{pass("TestA"), pass("TestB"), pass("")}, true, "2 passed, 0 failed, 0 skipped", ""},
		{"subtests count, their parent does not", true, []event{pass("TestA/x"), pass("TestA/y"), pass("TestA"), pass("")}, true, "2 passed, 0 failed, 0 skipped", ""},
		{"a fuzz target is one test", true, []event{pass("FuzzA/seed#0"), pass("FuzzA/seed#1"), pass("FuzzA"), pass("")}, true, "1 passed, 0 failed, 0 skipped", ""},
		{"failing seed", true, []event{fail("FuzzA/seed#0"), fail("FuzzA"), pass("TestA"), fail("")}, false, "1 passed, 1 failed, 0 skipped", "FuzzA/seed#0"},
		{"failing subtest counts once, with its output", true, []event{say("TestA/x", "broken\n"), fail("TestA/x"), fail("TestA"), pass("TestB"), fail("")}, false, "1 passed, 1 failed, 0 skipped", "broken\n"},
		{"parent fails by itself", true, []event{pass("TestA/x"), fail("TestA"), fail("")}, false, "1 passed, 1 failed, 0 skipped", "p TestA"},
		{"skip is fine at home", false, append(skip, pass("TestA"), pass("")), true, "1 passed, 0 failed, 1 skipped", "p TestC: needs root: no\n"},
		{"skip is a failure in CI", true, append(skip, pass("TestA"), pass("")), false, "1 passed, 0 failed, 1 skipped", "CI is set"},
		{"test that never ended", true, []event{{Package: "p", Test: "TestA", Action: "run"}, pass("TestB"), fail("")}, false, "1 passed, 1 failed, 0 skipped", "p TestA"},
		{"package that never ended", true, []event{pass("TestB")}, false, "0 passed, 1 failed, 0 skipped", "did not end"},
		{"package ends outside a test", true, []event{pass("TestA"), say("", "exit status 2\n"), fail("")}, false, "1 passed, 1 failed, 0 skipped", "exit status 2\n"},
		{"build failure", true, []event{
			pass("TestA"), pass(""),
			{ImportPath: "q [q.test]", Action: "build-output", Output: "x.go:1: undefined\n"}, {ImportPath: "q [q.test]", Action: "build-fail"},
			{Package: "q", Action: "fail", FailedBuild: "q [q.test]"},
		}, false, "1 passed, 1 failed, 0 skipped", "x.go:1: undefined\n"},
		{"no test at all", false, nil, false, "0 passed, 0 failed, 0 skipped", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, good := run(t, tc.ci, tc.events...)
			if good != tc.good {
				t.Errorf("good = %v, want %v", good, tc.good)
			}
			if !strings.HasSuffix(out, "\n"+tc.last+"\n") {
				t.Errorf("last line is not %q:\n%s", tc.last, out)
			}
			if !strings.Contains(out, tc.holds) {
				t.Errorf("output lacks %q:\n%s", tc.holds, out)
			}
		})
	}
}
