//go:build !linux

package nflink

import (
	"context"

	"sshaudit/audit/netfilter"
)

// Ask reports that the packet filter cannot be read here.
func Ask(context.Context, Options, []netfilter.Question) ([]netfilter.Question, []netfilter.Answer, error) {
	return nil, nil, ErrUnsupported
}
