// Package survey makes one audit: it collects each account, evaluates the
// checks and lets the account go again, so that memory does not grow with the
// number of accounts but with that of findings.
package survey
