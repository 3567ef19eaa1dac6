package checks

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
	"sshaudit/audit/sshclients"
	"sshaudit/audit/sshwire"
)

// recentYears is how old a release of a client may be that people are expected to use.
const recentYears = 6

var clientAlgorithmsAll = &Check{
	Doc: audit.Doc{
		ID: "client-algorithms-all", Title: "No client can agree with sshd on algorithms",
		Why: "What sshd offers, by its settings and its host keys, has nothing in common with any known release of the usual clients " +
			"(OpenSSH, PuTTY, WinSCP, FileZilla, libssh2 and others), so every connection ends before the login.",
		Repair:   "Correct the setting shown (or make the missing host key with ssh-keygen -A), check with sshd -t and reload sshd.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerTransport,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		return eachOffer(h, func(s *facts.Server, strangers []decide.Stranger) []audit.Finding {
			if len(strangers) < len(sshclients.Releases()) {
				return nil
			}
			return c.disagreements(s, strangers, "no known client")
		})
	},
}

var clientAlgorithmsRecent = &Check{
	Doc: audit.Doc{
		ID: "client-algorithms-recent", Title: "Clients of recent years that cannot agree with sshd on algorithms",
		Why: "Client and server need a key exchange method, a host key type, a cipher and, with most ciphers, a MAC in common. Where one " +
			"is missing the client says \"Couldn't agree\" or \"no matching … found\", and no login is ever tried. What each release offers " +
			"is known from the program itself, with the settings it is delivered with.",
		Repair:   "Add one of the names shown to the setting, check with sshd -t and reload sshd; or tell the users to update.",
		Severity: audit.Warning, Effect: audit.Blocks, Layer: audit.LayerTransport,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		return eachOffer(h, func(s *facts.Server, strangers []decide.Stranger) []audit.Finding {
			if len(strangers) == len(sshclients.Releases()) {
				return nil // of the check above
			}
			return c.disagreements(s, only(strangers, func(year int) bool { return year >= h.Now.Year()-recentYears }), "")
		})
	},
}

var clientAlgorithmsOld = &Check{
	Doc: audit.Doc{
		ID: "client-algorithms-old", Title: "Older clients that the configuration locks out",
		Why: "A line of the configuration leaves nothing that older releases of the usual clients know. That may well be meant; their " +
			"users see \"Couldn't agree\" or \"no matching … found\" and have to update.",
		Repair:   "Nothing if it is meant. Otherwise add one of the names shown to the setting, check with sshd -t and reload sshd.",
		Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerTransport,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		return eachOffer(h, func(s *facts.Server, strangers []decide.Stranger) []audit.Finding {
			if len(strangers) == len(sshclients.Releases()) {
				return nil
			}
			old := only(strangers, func(year int) bool { return year < h.Now.Year()-recentYears })
			// What a release of sshd has dropped itself is nobody's setting.
			old = slices.DeleteFunc(old, func(x decide.Stranger) bool {
				file, _ := s.Settings.Origin(decide.MismatchKeyword(x.Mismatch.Kind))
				return file == ""
			})
			return c.disagreements(s, old, "")
		})
	},
}

// eachOffer hands what cannot agree with each server to a check.
func eachOffer(h *facts.Host, do func(*facts.Server, []decide.Stranger) []audit.Finding) []audit.Finding {
	var found []audit.Finding
	for _, s := range h.Servers {
		if offer, _ := decide.Offer(s); offer != nil {
			found = append(found, do(s, decide.Strangers(offer, 0))...)
		}
	}
	return found
}

func only(list []decide.Stranger, keep func(year int) bool) []decide.Stranger {
	return slices.DeleteFunc(slices.Clone(list), func(x decide.Stranger) bool { return !keep(x.Year) })
}

// disagreements makes one finding for each setting that keeps clients out; who
// replaces the list of their names.
func (c *Check) disagreements(s *facts.Server, list []decide.Stranger, who string) []audit.Finding {
	byKind := make(map[sshwire.Kind][]decide.Stranger)
	for _, x := range list {
		byKind[x.Mismatch.Kind] = append(byKind[x.Mismatch.Kind], x)
	}
	var found []audit.Finding
	for _, kind := range []sshwire.Kind{sshwire.Kex, sshwire.HostKey, sshwire.Cipher, sshwire.MAC, sshwire.Compression} {
		group := byKind[kind]
		if len(group) == 0 {
			continue
		}
		keyword := decide.MismatchKeyword(kind)
		file, line := s.Settings.Origin(keyword)
		if file == "" {
			file = s.ConfigFile
		}
		names := who
		if names == "" {
			names = clientNames(group)
		}
		f := c.finding(audit.Untrusted(file), "%s: no %s in common with this sshd", names, kind)
		f.Line, f.Observed = line, "none"
		if server := group[0].Mismatch.Server; len(server) > 0 {
			f.Observed = audit.Untrusted(strings.Join(server, ",")).String()
		}
		f.Fix = fmt.Sprintf("add %s to %s, or let the users update", suggestion(group), keyword)
		if kind == sshwire.HostKey {
			f.Fix = fmt.Sprintf("let HostKeyAlgorithms allow %s and make the host key that is missing (ssh-keygen -A)", suggestion(group))
		}
		found = append(found, f)
	}
	return found
}

// clientNames lists releases by product: "PuTTY 0.67, 0.70; WinSCP 5.9.4".
func clientNames(list []decide.Stranger) string {
	var parts []string
	for i, x := range list {
		switch {
		case i > 0 && list[i-1].Product == x.Product:
			parts[len(parts)-1] += ", " + x.Version
		default:
			parts = append(parts, x.Name())
		}
	}
	return strings.Join(parts, "; ")
}

// suggestion is the algorithm that lets in most of the clients and that nobody
// has to regret.
func suggestion(list []decide.Stranger) string {
	votes := make(map[string]int)
	for _, x := range list {
		for _, name := range x.Mismatch.Client {
			if !regrettable(name) {
				votes[name]++
			}
		}
	}
	if len(votes) == 0 {
		return "one of the clients' names"
	}
	names := slices.Sorted(maps.Keys(votes))
	return slices.MaxFunc(names, func(a, b string) int { return cmp.Or(votes[a]-votes[b], strings.Compare(b, a)) })
}

// regrettable tells that an algorithm is weak, or one that only a few programs have.
func regrettable(name string) bool {
	for _, part := range []string{"sha1", "md5", "cbc", "arcfour", "3des", "blowfish", "ssh-dss", "ssh-rsa", "group1-", "rsa1024", "rsa2048", "448", "ripemd"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
