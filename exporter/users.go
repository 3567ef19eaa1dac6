package exporter

import (
	"regexp"

	"sshaudit/audit"
	"sshaudit/audit/live"
)

// maxUserSeries bounds the series of sshaudit_user_findings: a label that
// grows with the tenants must not grow the monitoring system without end.
const maxUserSeries = 2000

// plainName is what may stand in the user label: a portable account name.
var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_.-]{0,31}\$?$`)

// userCount is one series of sshaudit_user_findings.
type userCount struct {
	user, severity string
	n              int
}

// userSeries returns the series of the accounts that are shown, and the number
// of those that are left out. The users come worst first.
func userSeries(users []live.UserCount) (shown []userCount, dropped int) {
	for _, u := range users {
		series := seriesOf(u)
		if !plainName.MatchString(string(u.User)) || len(shown)+len(series) > maxUserSeries {
			dropped++
			continue
		}
		shown = append(shown, series...)
	}
	return shown, dropped
}

func seriesOf(u live.UserCount) []userCount {
	var series []userCount
	for _, s := range audit.Severities() {
		if n := u.Of(s); n > 0 {
			series = append(series, userCount{string(u.User), s.String(), n})
		}
	}
	return series
}
