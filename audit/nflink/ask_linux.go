package nflink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"sshaudit/audit/netfilter"
)

// attempts bounds how often a rule set that changes is read again.
const attempts = 5

// Ask reads the rule set and answers the questions, all from one generation of
// the rules. An empty Interface or To in a question is filled in from the routing
// table; the questions as they were answered come back with the answers.
func Ask(ctx context.Context, opts Options, questions []netfilter.Question) ([]netfilter.Question, []netfilter.Answer, error) {
	for i := range attempts {
		if i > 0 {
			select {
			case <-ctx.Done():
				return nil, nil, ctx.Err()
			case <-time.After(time.Duration(i) * 50 * time.Millisecond):
			}
		}
		qs, as, err := ask(ctx, opts, questions)
		if !errors.Is(err, errMoved) {
			return qs, as, err
		}
	}
	return nil, nil, ErrChanging
}

// errMoved: the generation changed under our hands.
var errMoved = errors.New("the rule set changed")

func ask(ctx context.Context, opts Options, questions []netfilter.Question) ([]netfilter.Question, []netfilter.Answer, error) {
	s, err := open(ctx, opts)
	if err != nil {
		return nil, nil, wrap(err)
	}
	defer s.close()
	before, err := s.generation()
	if err != nil {
		return nil, nil, wrap(err)
	}
	rules, err := s.ruleset()
	if err != nil {
		return nil, nil, wrap(err)
	}
	host, err := s.host()
	if err != nil {
		return nil, nil, err
	}
	qs := make([]netfilter.Question, len(questions))
	as := make([]netfilter.Answer, len(questions))
	for i, q := range questions {
		if qs[i], err = s.complete(q, host); err != nil {
			as[i] = netfilter.Answer{Unknown: []string{err.Error()}}
			continue
		}
		if as[i], err = rules.Evaluate(qs[i], host); err != nil {
			return nil, nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
	}
	if s.moved {
		return nil, nil, errMoved
	}
	after, err := s.generation()
	if err == nil && after != before {
		err = errMoved
	}
	return qs, as, err
}

// wrap words the errors that a reader can act on.
func wrap(err error) error {
	if errors.Is(err, os.ErrPermission) || errors.Is(err, unix.EPERM) {
		return ErrPermission
	}
	if errors.Is(err, errMoved) {
		return err
	}
	return fmt.Errorf("read the packet filter: %w", err)
}
