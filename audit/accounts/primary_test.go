package accounts

import (
	"slices"
	"testing"
)

func TestPrimaryFromGoesOnInTheMiddle(t *testing.T) {
	db := New(Texts{Passwd: "a:x:1:50::/:\nb:x:2:60::/:\nc:x:3:50::/:\nd:x:4:50::/:\n"})
	for _, tc := range []struct {
		gid  uint32
		from int
		want []string
	}{
		{50, 0, []string{"a", "c", "d"}}, {50, 1, []string{"c", "d"}}, {50, 3, []string{"d"}}, {50, 4, nil},
		{60, 0, []string{"b"}}, {60, 2, nil}, {55, 0, nil},
	} {
		var got []string
		for i, a := range db.PrimaryFrom(tc.gid, tc.from) {
			got = append(got, a.Name)
			if db.At(i) != a {
				t.Errorf("gid %d from %d: index %d is not that of %s", tc.gid, tc.from, i, a.Name)
			}
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("gid %d from %d: %v, want %v", tc.gid, tc.from, got, tc.want)
		}
	}
}
