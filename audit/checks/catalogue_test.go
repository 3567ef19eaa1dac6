package checks

import (
	"regexp"
	"strings"
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
)

func TestEveryCheckIsDocumented(t *testing.T) {
	form := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`)
	layers := make(map[audit.Layer]bool)
	for _, l := range audit.Layers() {
		layers[l] = true
	}
	seen := make(map[string]bool)
	for _, c := range All() {
		if seen[c.ID] || !form.MatchString(c.ID) {
			t.Errorf("%q: an id is of small letters with hyphens, and there once", c.ID)
		}
		seen[c.ID] = true
		for what, text := range map[string]string{"title": c.Title, "why": c.Why, "repair": c.Repair} {
			if strings.TrimSpace(text) == "" || text != strings.TrimSpace(text) {
				t.Errorf("%s: the %s %q is empty or ends in a blank", c.ID, what, text)
			}
		}
		if strings.HasSuffix(c.Title, ".") || !strings.HasSuffix(c.Why, ".") {
			t.Errorf("%s: a title has no full stop, an explanation has one", c.ID)
		}
		if c.Severity < audit.Notice || c.Severity > audit.Critical {
			t.Errorf("%s: severity %v", c.ID, c.Severity)
		}
		switch c.Effect {
		case audit.Blocks, audit.Exposes, audit.Hardening:
		default:
			t.Errorf("%s: effect %q", c.ID, c.Effect)
		}
		if c.Layer != "" && !layers[c.Layer] {
			t.Errorf("%s: layer %q", c.ID, c.Layer)
		}
		if c.Effect == audit.Blocks && c.Severity == audit.Notice {
			t.Errorf("%s: what blocks a login is no notice", c.ID)
		}
		if c.Automatic && !strings.Contains(c.Repair, "sshaudit fix") {
			t.Errorf("%s: what fix repairs should say so: %q", c.ID, c.Repair)
		}
	}
}

func TestCatalogueIsFoundByID(t *testing.T) {
	docs := Docs()
	for i, c := range All() {
		if Find(c.ID) != c || docs[i].ID != c.ID {
			t.Errorf("%s: Find and Docs do not give the catalogue's entry", c.ID)
		}
	}
	if Find("no-such-check") != nil {
		t.Error("an unknown id has a check")
	}
}

// The causes for which sshd passes over a key file, a line or a key, by which
// the log and `why` name them.
func TestEveryCauseOfARefusedKeyHasItsCheck(t *testing.T) {
	lines := []string{
		authkeys.CauseBOM, authkeys.CauseUTF16, authkeys.CauseNUL, authkeys.CauseWrapped, authkeys.CauseRFC4716,
		authkeys.CausePPK, authkeys.CausePrivateKey, authkeys.CauseCertificate, authkeys.CauseNoType,
		authkeys.CauseTypeWord, authkeys.CauseBlobCorrupt, authkeys.CauseUnknownOption, authkeys.CauseOptionSpace,
		authkeys.CauseOptionSyntax, authkeys.CauseOptionQuote, authkeys.CauseFrom, authkeys.CauseExpired,
		authkeys.CauseCAFlag, authkeys.CausePrincipals, authkeys.CauseTinyRSA,
	}
	files := []string{"akf-strict-file", "akf-strict-dir", "akf-unreadable", "akf-not-regular", "akf-bad-token", "akf-path-too-long"}
	for _, id := range append(files, lines...) {
		c := Find(id)
		switch {
		case c == nil:
			t.Errorf("%s has no check", id)
		case c.Account == nil || c.Effect != audit.Blocks || c.Layer != audit.LayerKey:
			t.Errorf("%s: want an evaluation by account that blocks at the key", id)
		}
	}
	if len(keyLines) != len(lines) {
		t.Errorf("%d checks of lines, %d causes", len(keyLines), len(lines))
	}
	for _, id := range []string{"key-alg-not-accepted", "key-rsa-too-small"} {
		if c := Find(id); c == nil || c.Account == nil || c.Effect != audit.Blocks {
			t.Errorf("%s: want a check of keys that blocks", id)
		}
	}
}

func TestAnEmptySnapshotHasNoFinding(t *testing.T) {
	shadow := ""
	h := &facts.Host{Accounts: accounts.New(accounts.Texts{Shadow: &shadow})}
	for _, c := range All() {
		t.Run(c.ID, func(t *testing.T) {
			one := []*Check{c}
			if found := Host(one, h); len(found) > 0 {
				t.Errorf("host: %+v", found)
			}
			if found := Account(one, h, &facts.Account{}); len(found) > 0 {
				t.Errorf("account: %+v", found)
			}
			if evaluated := c.Host != nil || c.Account != nil; !evaluated && c.ID != "accepted-unmatched" {
				t.Error("the check looks at nothing")
			}
		})
	}
}
