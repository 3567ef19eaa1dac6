package survey

import (
	"cmp"
	"context"
	"slices"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
)

// keyRow is an entry with what the others need to find it.
type keyRow struct {
	audit.KeyEntry
	account int
	hash    uint64
}

// Keys returns every authorised key of the chosen accounts, in the order of the
// accounts and of their files. Which other accounts hold a key is known only of
// the accounts that were looked at.
func (s *Survey) Keys(ctx context.Context) ([]audit.KeyEntry, error) {
	rows := make([][]keyRow, workers())
	h := s.collect.Host()
	if err := s.each(ctx, func(worker, i int, a *facts.Account) {
		rows[worker] = append(rows[worker], keyRows(h, i, a)...)
	}); err != nil {
		return nil, err
	}
	all := slices.Concat(rows...)
	slices.SortStableFunc(all, func(a, b keyRow) int { return cmp.Compare(a.account, b.account) })
	list := make([]audit.KeyEntry, len(all))
	for k := range all {
		list[k] = all[k].KeyEntry
		for _, other := range h.Keys.With(all[k].hash, int32(all[k].account)) {
			list[k].Also = append(list[k].Also, audit.Untrusted(h.Accounts.At(int(other)).Name))
		}
	}
	return list, nil
}

// keyRows lists the keys of one account.
func keyRows(h *facts.Host, i int, a *facts.Account) []keyRow {
	var rows []keyRow
	seen := make(map[*facts.KeyFile]bool)
	for v := range a.Via {
		via := &a.Via[v]
		for _, f := range via.KeyFiles {
			if f.Keys == nil || seen[f] {
				continue
			}
			seen[f] = true
			answer := decide.KeyFile(h, a, via, f)
			for k := range f.Keys.Lines {
				if l := &f.Keys.Lines[k]; l.Key != nil && l.Kind != authkeys.KindComment {
					rows = append(rows, keyRow{entry(a, via, f, l, answer), i, facts.KeyHash(l.Key)})
				}
			}
		}
	}
	return rows
}

func entry(a *facts.Account, via *facts.Via, f *facts.KeyFile, l *authkeys.Line, file decide.KeyFileAnswer) audit.KeyEntry {
	e := audit.KeyEntry{
		User: audit.Untrusted(a.Name), File: f.Path, Line: l.Number, Type: l.Key.Type, Bits: l.Key.Bits,
		Fingerprint: string(l.Key.Fingerprint()), Comment: l.Key.Comment,
	}
	if l.Options != nil {
		for _, o := range l.Options.List {
			e.Options = append(e.Options, o.Raw)
		}
	}
	e.Accepted, e.Cause = decide.Line(via, l, file)
	return e
}
