// Command summary reads the output of "go test -json" and prints what a person
// needs: one line a package, the full output of failing tests, every skipped
// test with its reason, and a last line "N passed, N failed, N skipped".
//
// It exits with 1 if a test failed, if none passed, or if one was skipped while
// CI is set: a CI machine must be able to run them all.
package main

import (
	"fmt"
	"os"
)

func main() {
	s := newSummary(os.Stdout)
	if err := s.read(os.Stdin); err != nil {
		fmt.Fprintf(os.Stderr, "summary: %v\n", err)
		os.Exit(1)
	}
	if !s.close(os.Getenv("CI") != "") {
		os.Exit(1)
	}
}
