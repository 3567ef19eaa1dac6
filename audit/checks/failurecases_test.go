package checks

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// failureCases say what names each case of the field.
//
//go:embed testdata/failure-cases.txt
var failureCases string

// The cases of layers 5 to 13, those of FTP servers aside.
func TestEveryCaseOfTheFieldIsNamedOrSaidToBeOutOfSight(t *testing.T) {
	ftp := []int{107, 115, 117, 127, 134, 140, 141, 142, 143, 144, 145, 146}
	seen := make(map[string]bool)
	for line := range strings.Lines(failureCases) {
		words := strings.Fields(line)
		if words[0] == "#" {
			continue
		}
		if seen[words[0]] {
			t.Errorf("%s stands there twice", words[0])
		}
		seen[words[0]] = true
		if len(words) < 2 || words[1] == "-" && len(words) < 6 {
			t.Errorf("%s says neither what names it nor why nothing does", words[0])
			continue
		}
		for _, id := range words[1:] {
			if words[1] == "-" {
				break
			}
			if _, known := Explain(id); !known {
				t.Errorf("%s: %s is not in the catalogue", words[0], id)
			}
		}
	}
	for n := 56; n <= 147; n++ {
		id := fmt.Sprintf("C%03d", n)
		if slices.Contains(ftp, n) == seen[id] {
			t.Errorf("%s: there %v, among the cases of FTP servers %v", id, seen[id], !seen[id])
		}
	}
}
