package exporter

import (
	"io"

	"sshaudit/audit"
	"sshaudit/audit/live"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

// WriteText writes the metrics of one report in the text exposition format: the
// series of the daemon, without those of the process. Those that name an
// account are among them only if names is set; a file for node_exporter's
// textfile collector is world-readable and ought to do without.
func WriteText(w io.Writer, r *audit.Report, docs []audit.Doc, build Build, names bool) error {
	snapshot := live.NewSnapshot(r)
	reg := prometheus.NewPedanticRegistry()
	source := Source{Snapshot: func() *live.Snapshot { return snapshot }, Docs: docs, Build: build, Single: true}
	if err := reg.Register(NewCollector(source, names)); err != nil {
		return err
	}
	families, err := reg.Gather()
	if err != nil {
		return err
	}
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(w, family); err != nil {
			return err
		}
	}
	return nil
}
