package accounts

import (
	"slices"
	"testing"
)

func TestPrimaryBehindIsTheWalkThroughPasswd(t *testing.T) {
	db := New(Texts{Passwd: "a:x:1:50::/:\nb:x:2:60::/:\nc:x:3:50::/:\na:x:9:60::/:\nd:x:4:50::/:\na:x:8:50::/:\nb:x:7:50::/:\n"})
	if err := db.Add(Account{Name: "remote", UID: 5, GID: 50}, nil, nil); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		gid  uint32
		line int32
		want []uint32 // uids
	}{
		{50, 0, []uint32{1, 3, 4, 8, 7}}, {50, 1, []uint32{3, 4, 8, 7}}, {50, 4, []uint32{4, 8, 7}}, {50, 6, []uint32{7}}, {50, 7, nil},
		{60, 0, []uint32{2, 9}}, {60, 2, []uint32{9}}, {60, 4, nil}, {55, 0, nil},
	} {
		var got []uint32
		for a := range db.PrimaryBehind(tc.gid, tc.line) {
			got = append(got, a.UID)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("gid %d behind line %d: %v, want %v", tc.gid, tc.line, got, tc.want)
		}
	}
	for range db.PrimaryBehind(50, 4) {
		break // the walk may be left at any place
	}
}

func TestUIDNameIsThatOfTheFirstLine(t *testing.T) {
	db := New(Texts{Passwd: "a:x:1:50::/:\na:x:2:50::/:\nb:x:2:60::/:\nb:x:3:60::/:\n"})
	for uid, want := range map[uint32]string{1: "a", 2: "a", 3: "b", 4: ""} {
		if got := db.UIDName(uid); got != want {
			t.Errorf("uid %d: %q, want %q", uid, got, want)
		}
	}
}
