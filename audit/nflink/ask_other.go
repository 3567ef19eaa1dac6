//go:build !linux

package nflink

import (
	"context"
	"net/netip"

	"sshaudit/audit/netfilter"
)

// Ask reports that the packet filter cannot be read here.
func Ask(context.Context, Options, []netfilter.Question) ([]netfilter.Question, []netfilter.Answer, error) {
	return nil, nil, ErrUnsupported
}

// Vantages reports that the packet filter cannot be read here.
func Vantages(context.Context, Options) (v4, v6 netip.Addr, err error) {
	return v4, v6, ErrUnsupported
}
