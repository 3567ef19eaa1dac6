package authkeys

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/sshdtest"
)

func TestExpirySecondItselfIsStillGood(t *testing.T) {
	key, _, err := ParsePublicKey([]byte(edKey))
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(`expiry-time="20260601120000" ` + edKey)
	for offset, want := range map[time.Duration]audit.Verdict{-time.Second: audit.Accept, 0: audit.Accept, time.Second: audit.Refuse} {
		r := testRules(bookworm)
		r.Now = r.Now.Add(offset)
		if a := Parse(text, r).Authorises(key, local); a.Verdict != want || want == audit.Refuse && a.Cause != CauseExpired {
			t.Errorf("%v past the time: %v, %q, want %v", offset, a.Verdict, a.Cause, want)
		}
	}
}

func TestExpiryWithoutZoneIsUncertainForADay(t *testing.T) {
	key, _, err := ParsePublicKey([]byte(edKey))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]audit.Verdict{
		"20260601": audit.Unknown, "20260603": audit.Accept, "20260530": audit.Refuse, "20260602": audit.Unknown,
		"202606011200Z": audit.Accept, "202606011159Z": audit.Refuse,
	} {
		r := testRules(bookworm)
		r.Zone = nil
		a := Parse([]byte(`expiry-time="`+text+`" `+edKey), r).Authorises(key, local)
		if a.Verdict != want || want != audit.Accept && a.Cause != CauseExpired {
			t.Errorf("%s: %v, %q, want %v", text, a.Verdict, a.Cause, want)
		}
	}
	a := Parse([]byte(`expiry-time="20991231" `+edKey), Rules{Zone: time.UTC}).Authorises(key, local)
	if a.Verdict != audit.Unknown {
		t.Errorf("without a time: %v, want unknown", a.Verdict)
	}
}

// TestLocalTimesEqualSshKeygen compares with ssh-keygen, whose validity
// intervals go through the same parse_absolute_time, in zones with summer time,
// without, with a negative one, and at the changes.
func TestLocalTimesEqualSshKeygen(t *testing.T) {
	h := sshdtest.Open(t, sshdtest.Bookworm)
	ca := h.Keygen("ed25519", 0)
	h.WriteFile("/root/u.pub", []byte(edKey+"\n"), 0o600, 0, 0)
	times := []string{
		"20300115", "20300701", "203003310130", "20300331023000", "203003310330", "20301027023000", "203010270330",
		"203011030130", "203003100230", "20300406023000", "203010060230", "20300431", "20380120", "20991231235960", "19700102",
	}
	for _, zone := range []string{
		"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
		"Europe/Dublin", "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Apia",
	} {
		data, err := h.FS().ReadFile("usr/share/zoneinfo/" + zone)
		if err != nil {
			t.Fatal(err)
		}
		location, err := time.LoadLocationFromTZData(zone, data)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range times {
			script := fmt.Sprintf("TZ=%s ssh-keygen -q -s %s -I x -V %s:forever /root/u.pub && TZ=UTC0 ssh-keygen -L -f /root/u-cert.pub", zone, ca.Path, text)
			out, err := h.Command(context.Background(), "sh", "-c", script).CombinedOutput()
			_, rest, ok := strings.Cut(string(out), "Valid: after ")
			if err != nil || !ok {
				t.Fatalf("%s in %s: %v\n%s", text, zone, err, out)
			}
			want, _, _ := strings.Cut(rest, "\n")
			r := Rules{Version: bookworm, Zone: location}
			got, _, _, ok := parseExpiry(text, &r)
			if !ok || got.Format("2006-01-02T15:04:05") != want {
				t.Errorf("%s in %s: %v, %v; ssh-keygen has %s", text, zone, got, ok, want)
			}
		}
	}
}
