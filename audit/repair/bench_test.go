//go:build linux

package repair

import (
	"bytes"
	"fmt"
	"testing"

	"sshaudit/audit/hostfs/hostfstest"
)

const benchUsers = 1000

// benchHost has homes in order, with authorized_keys of the given mode.
func benchHost(b *testing.B, mode uint32) (*bench, []Target) {
	var tree []hostfstest.Entry
	var targets []Target
	var all []Account
	for i := range benchUsers {
		uid := 70000 + i
		home := fmt.Sprintf("/home/u%04d", i)
		for _, e := range []hostfstest.Entry{
			{Path: home + "/", Mode: 0o750}, {Path: home + "/.ssh/", Mode: 0o700},
			{Path: home + "/.ssh/authorized_keys", Mode: mode, Content: goodKey},
			{Path: home + "/.ssh/known_hosts", Mode: 0o600},
		} {
			e.UID, e.GID = uid, uid
			tree = append(tree, e)
		}
		targets = append(targets, Target{Name: home[6:], UID: uint32(uid), GID: uint32(uid), Home: home})
		all = append(all, Account{home[6:], uint32(uid), home})
	}
	host := newBench(b, tree...)
	host.fixer.Accounts = all
	return host, targets
}

// BenchmarkNothingToDo is a run over accounts that are in order; one
// operation is one account.
func BenchmarkNothingToDo(b *testing.B) {
	host, targets := benchHost(b, 0o600)
	b.ReportAllocs()
	for b.Loop() {
		if r := host.fix(Options{All: true}, targets...); len(r.Changes)+len(r.Refused) != 0 {
			b.Fatal(lines(r))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchUsers, "ns/account")
}

// BenchmarkFixAndUndo repairs one file of each account and takes it back.
func BenchmarkFixAndUndo(b *testing.B) {
	host, targets := benchHost(b, 0o666)
	for b.Loop() {
		r := host.fix(Options{All: true}, targets...)
		if u := host.undo(r.ID, Options{}); len(r.Changes) != benchUsers || len(u.Changes) != benchUsers {
			b.Fatalf("%d changes, %d undone", len(r.Changes), len(u.Changes))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchUsers, "ns/account")
}

// BenchmarkReadSegment reads a full segment, as every fix does at its start.
func BenchmarkReadSegment(b *testing.B) {
	line, err := sampleRecord(1).encode()
	must(b, err)
	text := bytes.Repeat(line, segmentSize/len(line))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readSegment(bytes.NewReader(text), "s", func(entry) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
