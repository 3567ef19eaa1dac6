// Package checks is the catalogue: every check is one value with its id,
// meaning, severity, evaluation and repair together. To add one, write the
// value in a file of its own (or a row in the table of its family) and list it
// in all.go; nothing else changes: the text of `sshaudit explain`, the metrics,
// SARIF rules and the manual come from it.
//
// A check looks at the host, at one account, or at neither: an id that only
// `why` reports still stands here with its explanation. Checks are pure.
package checks
