package collect

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// dnsWait bounds the wait for one answer, dnsAll that for all of them.
	dnsWait, dnsAll = 2 * time.Second, 20 * time.Second
	// dnsTries is how often a resolver is asked; a zone's own server is asked once.
	dnsTries = 2
	// dnsTCP bounds an answer, by UDP and by TCP.
	dnsTCP = 65535
	// maxAnswers bounds the records of an answer, maxChain the aliases that are followed.
	maxAnswers, maxChain = 200, 8
)

// reply is what an answer says about a question.
type reply struct {
	code          dnsmessage.RCode
	authoritative bool
	addrs         []netip.Addr
	ttl           uint32 // the least one of the records, in seconds
	alias         bool   // the name is another's alias
	servers       []string
	zone          string // the zone that the name is in, by its SOA
}

// resolver asks name servers itself, as the world would: neither /etc/hosts nor
// nsswitch.conf has a say.
type resolver struct {
	servers []netip.AddrPort
	// port is that of the zones' own servers.
	port uint16
}

// ask puts one question to one server, over TCP if the answer is too long.
func (r *resolver) ask(ctx context.Context, server netip.AddrPort, name string, typ dnsmessage.Type, recurse bool) (*reply, error) {
	host, err := dnsmessage.NewName(name + ".")
	if err != nil {
		return nil, fmt.Errorf("%q is no name for DNS", name)
	}
	question := dnsmessage.Question{Name: host, Type: typ, Class: dnsmessage.ClassINET}
	var last error
	for try := 0; try < dnsTries && (recurse || try == 0); try++ {
		var id [2]byte
		_, _ = rand.Read(id[:]) // never fails
		message := dnsmessage.Message{
			Header:    dnsmessage.Header{ID: binary.BigEndian.Uint16(id[:]), RecursionDesired: recurse},
			Questions: []dnsmessage.Question{question},
		}
		packed, err := message.Pack()
		if err != nil {
			return nil, err
		}
		answer, err := exchange(ctx, "udp", server, packed)
		if err == nil {
			var cut bool
			if cut, err = truncated(answer); err == nil && cut {
				answer, err = exchange(ctx, "tcp", server, packed)
			}
		}
		if err == nil {
			return parseReply(answer, message.ID, question)
		}
		if last = err; ctx.Err() != nil {
			break
		}
	}
	return nil, last
}

// exchange sends a question and returns the bytes of what comes back.
func exchange(ctx context.Context, network string, server netip.AddrPort, question []byte) ([]byte, error) {
	conn, err := (&net.Dialer{Timeout: dnsWait}).DialContext(ctx, network, server.String())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(dnsWait)); err != nil {
		return nil, err
	}
	if network == "udp" {
		if _, err := conn.Write(question); err != nil {
			return nil, err
		}
		buffer := make([]byte, dnsTCP)
		for {
			n, err := conn.Read(buffer)
			if err != nil {
				return nil, err
			}
			// What does not answer this question was sent by somebody else.
			if n >= 2 && buffer[0] == question[0] && buffer[1] == question[1] {
				return buffer[:n], nil
			}
		}
	}
	framed := binary.BigEndian.AppendUint16(nil, uint16(len(question))) //nolint:gosec // a question is short
	if _, err := conn.Write(append(framed, question...)); err != nil {
		return nil, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	answer := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err = io.ReadFull(conn, answer)
	return answer, err
}

func truncated(answer []byte) (bool, error) {
	var p dnsmessage.Parser
	h, err := p.Start(answer)
	return h.Truncated, err
}

var errForeign = errors.New("the answer is not about the question")

// parseReply reads an answer; records that are not about the name or one of its
// aliases are passed over.
func parseReply(answer []byte, id uint16, question dnsmessage.Question) (*reply, error) {
	var p dnsmessage.Parser
	h, err := p.Start(answer)
	if err != nil {
		return nil, err
	}
	q, err := p.Question()
	if err != nil || !h.Response || h.ID != id || q.Type != question.Type || !strings.EqualFold(q.Name.String(), question.Name.String()) {
		return nil, errForeign
	}
	if err := p.SkipAllQuestions(); err != nil {
		return nil, err
	}
	r := &reply{code: h.RCode, authoritative: h.Authoritative}
	answers, err := resources(&p, (*dnsmessage.Parser).Answer)
	if err != nil {
		return nil, err
	}
	r.read(answers, question)
	authority, err := resources(&p, (*dnsmessage.Parser).Authority)
	if err != nil {
		return nil, err
	}
	for _, a := range authority {
		if a.Header.Type == dnsmessage.TypeSOA {
			r.zone = plainName(a.Header.Name)
		}
	}
	return r, nil
}

// resources reads one section of an answer.
func resources(p *dnsmessage.Parser, next func(*dnsmessage.Parser) (dnsmessage.Resource, error)) ([]dnsmessage.Resource, error) {
	var list []dnsmessage.Resource
	for len(list) < maxAnswers {
		a, err := next(p)
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return nil, errors.New("the answer has too many records")
}

// read follows the aliases from the question's name to its records.
func (r *reply) read(answers []dnsmessage.Resource, question dnsmessage.Question) {
	name := plainName(question.Name)
	least := func(ttl uint32) {
		if r.ttl == 0 || ttl < r.ttl {
			r.ttl = ttl
		}
	}
	for range maxChain {
		target := ""
		for _, a := range answers {
			if plainName(a.Header.Name) != name {
				continue
			}
			switch body := a.Body.(type) {
			case *dnsmessage.CNAMEResource:
				target = plainName(body.CNAME)
				least(a.Header.TTL)
			case *dnsmessage.AResource:
				r.addrs = append(r.addrs, netip.AddrFrom4(body.A))
				least(a.Header.TTL)
			case *dnsmessage.AAAAResource:
				r.addrs = append(r.addrs, netip.AddrFrom16(body.AAAA))
				least(a.Header.TTL)
			case *dnsmessage.NSResource:
				r.servers = append(r.servers, plainName(body.NS))
			case *dnsmessage.SOAResource:
				r.zone = name
			}
		}
		if target == "" || len(r.addrs) > 0 {
			break
		}
		r.alias, name = true, target
	}
	slices.SortFunc(r.addrs, netip.Addr.Compare)
	r.addrs = slices.Compact(r.addrs)
}

// plainName is a name as it is compared: small letters, no dot at its end.
func plainName(n dnsmessage.Name) string {
	return strings.ToLower(strings.TrimSuffix(n.String(), "."))
}
