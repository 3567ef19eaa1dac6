package checks

import (
	"fmt"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

var configInvalid = &Check{
	Doc: audit.Doc{
		ID: "config-invalid", Title: "Configuration that sshd refuses",
		Why: "sshd does not start with this configuration. A running sshd goes on with the old one until it is restarted or reloaded; " +
			"then nobody gets in any more.",
		Repair:   "Correct the line shown, check with sshd -t, then reload sshd.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerService,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for _, s := range h.Servers {
			if s.Refused == nil {
				continue
			}
			f := c.finding(audit.Untrusted(s.Refused.File), "sshd would not start: %s", audit.Untrusted(s.Refused.Message))
			f.Line, f.Fix = s.Refused.Line, "correct the line, check with sshd -t, then reload sshd"
			found = append(found, f)
		}
		return found
	},
}

var configStale = &Check{
	Doc: audit.Doc{
		ID: "config-not-reloaded", Title: "Configuration changed and not reloaded",
		Why: "A file of the configuration is newer than the running sshd, which keeps the settings that it read when it started or " +
			"was reloaded. What is reported here follows the files, so logins may be decided otherwise until the reload.",
		Repair:   "sshd -t && systemctl reload ssh (sshd on other systems than Debian).",
		Severity: audit.Warning, Effect: audit.Blocks, Layer: audit.LayerService,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for _, s := range h.Servers {
			if !s.Running || s.Started.IsZero() || !s.Newest.After(s.Started) {
				continue
			}
			f := c.finding(audit.Untrusted(s.NewestFile), "it was changed after the running sshd (pid %d) read it", s.PID)
			f.Observed = "changed " + s.Newest.UTC().Format("2006-01-02 15:04:05Z")
			f.Expected = "before " + s.Started.UTC().Format("2006-01-02 15:04:05Z")
			f.Fix = "sshd -t && systemctl reload ssh"
			found = append(found, f)
		}
		return found
	},
}

var configShadowed = &Check{
	Doc: audit.Doc{
		ID: "sshd-include-shadowed", Title: "Line of the configuration without effect",
		Why: "sshd takes the first value of most keywords. An earlier line, often in an included file, sets the same keyword, so this " +
			"one does nothing.",
		Repair:   "Remove one of the two lines, or put the wanted one first.",
		Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerService,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for _, s := range h.Servers {
			if s.Config == nil {
				continue
			}
			for _, dead := range s.Config.Shadowed() {
				if dead.File == "command-line" {
					continue
				}
				by := fmt.Sprintf("line %d of %s", dead.ByLine, audit.Untrusted(dead.ByFile))
				if dead.ByFile == "command-line" {
					by = "sshd's command line"
				}
				f := c.finding(audit.Untrusted(dead.File), "%s is set already by %s, so this line does nothing",
					audit.Untrusted(dead.Keyword), by)
				f.Line, f.Fix = dead.Line, "remove one of the two lines"
				found = append(found, f)
			}
		}
		return found
	},
}

var sshdArgs = &Check{
	Doc: audit.Doc{
		ID: "sshd-args-override", Title: "sshd started with settings on its command line",
		Why: "Options such as -o and -p beat the configuration file, and sshd -T run by hand does not show them. They come from the unit " +
			"file or from /etc/default/ssh.",
		Repair:   "Move the settings into sshd_config if nobody relies on the command line.",
		Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerService,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for _, s := range h.Servers {
			var set []string
			for _, a := range s.Args {
				if strings.HasPrefix(a, "-o") || strings.HasPrefix(a, "-p") || strings.HasPrefix(a, "-h") {
					set = append(set, a)
				}
			}
			if len(set) > 0 {
				f := c.finding(audit.Untrusted(s.Binary), "the arguments %s beat the file", audit.Untrusted(strings.Join(s.Args, " ")))
				f.Observed = audit.Untrusted(strings.Join(set, " ")).String()
				found = append(found, f)
			}
		}
		return found
	},
}

var modeRuleSet = &Check{
	Doc: audit.Doc{
		ID: "mode-rule-set", Title: "StrictModes variant that is not known",
		Why: "Debian and Ubuntu let a private group write key files and the directories above them, other builds do not. Neither an sshd " +
			"nor an os-release was found, so where only that matters the answer is unknown.",
		Repair:   "Audit a root that holds the sshd which will read the files.",
		Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerKey,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		for _, s := range h.Servers {
			if s.Rules == facts.RulesUnknown {
				return []audit.Finding{c.finding(audit.Untrusted(s.Binary), "which StrictModes rules hold is not known: %s", s.RulesFrom)}
			}
		}
		return nil
	},
}

// advice is one setting that hardens sshd, or one that weakens it.
type advice struct {
	id, title, why string
	severity       audit.Severity
	effect         audit.Effect
	keyword        string
	// bad judges the value as sshd -T prints it; wanted is what it should be.
	bad    func(value string) bool
	wanted string
	refs   []string
}

// adviceCheck builds the check of one row.
func adviceCheck(r advice) *Check {
	return &Check{
		Doc: audit.Doc{
			ID: r.id, Title: r.title, Why: r.why,
			Repair:   fmt.Sprintf("Set %s %s in sshd_config, check with sshd -t and reload sshd.", r.keyword, r.wanted),
			Severity: r.severity, Effect: r.effect, Layer: audit.LayerMethod, References: r.refs,
		},
		Host: func(c *Check, h *facts.Host) []audit.Finding {
			var found []audit.Finding
			for _, s := range h.Servers {
				set, ok := setting(s, r.keyword)
				if !ok || !r.bad(strings.ToLower(set.Value)) {
					continue
				}
				path := audit.Untrusted(set.File)
				if path == "" {
					path = audit.Untrusted(s.ConfigFile)
				}
				f := c.finding(path, "%s is %s", r.keyword, audit.Untrusted(set.Value))
				if set.File == "" {
					f.Message += ", the default"
				}
				f.Line, f.Observed, f.Expected = set.Line, audit.Untrusted(set.Value).String(), r.wanted
				f.Fix = fmt.Sprintf("set %s %s in sshd_config, check with sshd -t and reload sshd", r.keyword, r.wanted)
				found = append(found, f)
			}
			return found
		},
	}
}
