package authkeys

import "testing"

// edKey is a public key for tests; nobody has its private half.
const edKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFhCEUR+iHtNQAcyCZXB2bhDR7ZWqPsxEm0GnWFBCvMr"

func TestCommentsAndBlankLinesAreCountedOnly(t *testing.T) {
	f := Parse([]byte("# one\n\n\t\r\n"+edKey+" me\n"), Rules{})
	if f.Count != 4 || len(f.Lines) != 1 || f.Lines[0].Number != 4 || f.Lines[0].Kind != KindKey {
		t.Errorf("got %d lines, %+v", f.Count, f.Lines)
	}
}
