package settings

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

const shippedFile = "../../packaging/sshaudit.yaml"

// switchedOff matches a key of the shipped file that is commented out: prose
// has a blank after the #, a key has none or two for each level.
var switchedOff = regexp.MustCompile(`(?m)^#((?:  )*[a-z_]+:)`)

func shipped(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(shippedFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestShippedFileChangesNothing(t *testing.T) {
	if got := load(t, shipped(t)); !reflect.DeepEqual(got, Default()) {
		t.Errorf("got %+v, want the defaults", got)
	}
}

func TestShippedFileShowsTheDefaults(t *testing.T) {
	text := switchedOff.ReplaceAllString(shipped(t), "$1")
	if got := load(t, text); !reflect.DeepEqual(got, Default()) {
		t.Errorf("got %+v, want the defaults", got)
	}
}

// TestShippedFileShowsEveryKey asks the reader itself which keys there are: an
// unknown key is answered with the known ones.
func TestShippedFileShowsEveryKey(t *testing.T) {
	text := shipped(t)
	for _, parent := range []string{"", "accounts", "checks", "sshd", "filesystems", "daemon", "web"} {
		bad, indent := "zzz: 1", ""
		if parent != "" {
			bad, indent = parent+": {zzz: 1}", "  "
		}
		_, err := Load(strings.NewReader(bad), "x")
		if err == nil {
			t.Fatalf("%s: accepted", bad)
		}
		_, known, found := strings.Cut(err.Error(), "known here: ")
		if !found {
			t.Fatalf("%s: no list of keys in %v", bad, err)
		}
		for key := range strings.SplitSeq(known, ", ") {
			if !strings.Contains(text, "\n#"+indent+key+":") {
				t.Errorf("%s lacks the key %s of %q", shippedFile, key, parent)
			}
		}
	}
}

func TestExampleInShippedFileIsValid(t *testing.T) {
	_, example, found := strings.Cut(shipped(t), "For example:\n")
	if !found {
		t.Fatal("the shipped file has no example of an accepted finding")
	}
	example, _, _ = strings.Cut(example, "#accept:")
	s := load(t, strings.ReplaceAll(example, "#   ", ""))
	if len(s.Accept) != 1 || s.Accept[0].User != "webmail" || s.Accept[0].Path != "/home/webmail" {
		t.Errorf("got %+v", s.Accept)
	}
}
