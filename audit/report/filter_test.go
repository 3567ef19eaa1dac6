package report

import (
	"net/url"
	"testing"
)

func TestFilterShowsWhatIsAskedFor(t *testing.T) {
	for query, want := range map[string]int{
		"":                               13,
		"user=carol":                     2,
		"user=CAROL":                     0,
		"q=CAROL":                        3,
		"q=carol&severity=critical":      1,
		"severity=critical":              9,
		"effect=exposes":                 4,
		"effect=exposes&severity=notice": 2,
		"check=akf-strict-file":          7,
		"q=nothing+is+so":                0,
		"q=%20":                          13,
		"severity=unheard-of":            0,
	} {
		v, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		r := sampleReport()
		if got := len(ParseFilter(v).Apply(r, sampleDocs).Findings); got != want {
			t.Errorf("%q: %d findings, want %d", query, got, want)
		}
		if len(r.Findings) != 13 {
			t.Fatalf("%q changed the report", query)
		}
	}
}
