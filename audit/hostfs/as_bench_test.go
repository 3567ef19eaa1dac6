//go:build linux

package hostfs_test

import (
	"testing"

	"sshaudit/audit/hostfs"
)

// BenchmarkAs is the price of becoming an account and of coming back.
func BenchmarkAs(b *testing.B) {
	r := build(b)
	id := hostfs.Identity{UID: alice, GID: alice, Groups: []uint32{alice}}
	b.ReportAllocs()
	cpu := processorTime(b)
	err := r.Worker(func(w *hostfs.Worker) error {
		for b.Loop() {
			if err := w.As(id, func(*hostfs.View) error { return nil }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(processorTime(b)-cpu)/float64(b.N), "cpu-ns/op")
}
