// Package exporter shows the live state to monitoring and to people: metrics in
// the Prometheus exposition format, the report as a page and as JSON, and the
// health of the daemon.
//
// On a hosting server loopback is no boundary: every tenant can connect to it.
// So account names are shown only to a peer that authenticated, or whose uid,
// as the kernel tells it, is root's, the daemon's own or one that the
// configuration names; everybody else gets metrics without names. Addresses
// other than loopback are served only over TLS with authentication. Nothing
// can be changed over HTTP.
package exporter
