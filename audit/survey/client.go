package survey

import (
	"crypto/md5" //nolint:gosec // old clients show fingerprints so
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/clientlog"
	"sshaudit/audit/collect"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
	"sshaudit/audit/serverlog"
)

// client joins what a client's own log tells with what the host shows: whether it
// was this host, whether the connection arrived, and which of the causes it was.
func (q *inquiry) client(r *audit.WhyReport, l *audit.ClientLog) {
	c := &audit.ClientReport{ClientLog: *l, Advice: clientlog.Advice(l)}
	r.Client = c
	proof, _ := clientlog.Prove(l.Step)
	c.Proves = proof.Proves
	q.here(c)
	q.arrived(c)
	j := joiner{q: q, r: r, c: c, proof: proof}
	j.weigh()
	if r.Verdict == audit.Refuse {
		if q.judged() || !strings.HasPrefix(r.Service, "ftp") {
			speak(r, &q.result, q.c.Host().Name, q.req.Client)
		} else {
			speakFTP(r, "")
		}
		clientWords(r)
		return
	}
	clientSpeak(r)
}

// here tells whether this host is the one that the client reached: its host key
// decides, else its address.
func (q *inquiry) here(c *audit.ClientReport) {
	if q.byHostKey(c) {
		return
	}
	addr, err := netip.ParseAddr(c.Address)
	if err != nil || !q.c.Host().Live {
		return
	}
	own, err := collect.Addresses()
	switch {
	case err != nil:
		c.Because = append(c.Because, err.Error())
	case slices.Contains(own, addr.Unmap()):
		c.Here = audit.Accept
		c.Because = append(c.Because, addr.String()+" is an address of this host")
	case addr.IsLoopback():
		c.Because = append(c.Because, "the client connected to its own machine, "+addr.String()+": through a tunnel, or on this host")
	default:
		c.Because = append(c.Because, addr.String()+" is no address of this host's interfaces; it can still be this host behind address translation")
	}
}

// byHostKey compares the host key that the client saw with those of this host.
func (q *inquiry) byHostKey(c *audit.ClientReport) bool {
	seen := c.HostKey.Fingerprint
	if seen == "" {
		return false
	}
	server := q.c.Host().Servers[q.server]
	known := false
	var newest time.Time
	for i := range server.HostKeys {
		k := &server.HostKeys[i]
		if k.Public == nil {
			continue
		}
		if newest.Before(k.Modified) {
			newest = k.Modified
		}
		known = known || c.HostKey.Type == "" || family(k.Public.Type) == family(c.HostKey.Type)
		if seen == string(k.Public.Fingerprint()) || seen == md5Fingerprint(k.Public.Blob) {
			c.Here = audit.Accept
			c.Because = append(c.Because, "the host key that the client saw is this host's "+seen)
			return true
		}
	}
	if !known {
		c.Because = append(c.Because, "the host key that the client saw, "+seen+", cannot be compared: this host's keys were not read")
		return false
	}
	if !newest.IsZero() && !c.Ended.IsZero() && newest.After(c.Ended.Add(-24*time.Hour)) {
		c.Because = append(c.Because, "the host key that the client saw, "+seen+", is none of this host's, whose keys were made or changed about then or later")
		return true
	}
	c.Here = audit.Refuse
	c.Because = append(c.Because, "the host key that the client saw, "+seen+", is none of this host's")
	return true
}

// family is the type of a key without what its algorithm adds.
func family(typ string) string {
	if strings.HasPrefix(typ, "rsa-sha2-") {
		return "ssh-rsa"
	}
	return typ
}

func md5Fingerprint(blob []byte) string {
	sum := md5.Sum(blob) //nolint:gosec // a name, not a proof
	text := hex.EncodeToString(sum[:])
	parts := make([]string, 0, len(sum))
	for i := 0; i < len(text); i += 2 {
		parts = append(parts, text[i:i+2])
	}
	return "MD5:" + strings.Join(parts, ":")
}

// Bounds of the search in the server's log.
const (
	// clockTrust is how wrong a client's clock may be whose zone is known.
	clockTrust = time.Hour
	// sameMoment is how far apart two lines of one connection may stand.
	sameMoment = 2 * time.Minute
)

// arrived looks for the connection in the server's log, at the client's time.
func (q *inquiry) arrived(c *audit.ClientReport) {
	if c.Began.IsZero() || q.entries == nil {
		return
	}
	best, found := time.Duration(0), false
	for i := range q.entries {
		e := &q.entries[i]
		if !q.concerns(e) {
			continue
		}
		off := c.Ended.Sub(e.Time)
		if !c.Zoned {
			off -= off.Round(15 * time.Minute) // the zone is not known: only the minutes count
			if off.Abs() > sameMoment {
				continue
			}
		} else if off.Abs() > clockTrust {
			continue
		}
		if !found || off.Abs() < best.Abs() {
			best, found = off, true
		}
	}
	switch now := q.c.Host().Now; {
	case found:
		if c.Here == audit.Unknown {
			c.Here = audit.Accept
		}
		rounded := best.Round(time.Second)
		c.ClockOff = &rounded
		c.Because = append(c.Because, "the server's log has the connection")
	case c.Zoned && (c.Ended.Before(now.Add(-evidenceAge)) || c.Began.After(now.Add(clockTrust))):
		c.Because = append(c.Because, "the client's log is of "+c.Began.UTC().Format(time.DateTime+" MST")+", and the server's log was looked at for the last day only")
	case c.Zoned:
		c.Because = append(c.Because, "the server's log has no connection of this user within an hour of "+c.Ended.UTC().Format(time.DateTime+" MST"))
	}
}

// concerns tells whether a line of the log can be about the client's connection.
func (q *inquiry) concerns(e *serverlog.Entry) bool {
	if q.req.From.IsValid() && e.Addr.IsValid() {
		return e.Addr == q.req.From && (e.User == "" || q.req.User == "" || e.User == q.req.User)
	}
	return e.User != "" && e.User == q.req.User
}

// joiner weighs the answer against the client's log.
type joiner struct {
	q     *inquiry
	r     *audit.WhyReport
	c     *audit.ClientReport
	proof clientlog.Proof
}

// servedHere tells whether a port is one on which this host serves SSH.
func (j *joiner) servedHere() bool {
	return j.c.Port == 0 || slices.ContainsFunc(j.q.c.Host().Servers, func(s *facts.Server) bool { return decide.Listens(s, j.c.Port) })
}
