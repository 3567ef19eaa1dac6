package exporter

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
)

// peerKey is the context key of a connection's peer.
type peerKey struct{}

// withPeer puts the peer of a connection into the context of its requests.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if c, ok := c.(*conn); ok {
		return context.WithValue(ctx, peerKey{}, c.peer)
	}
	return ctx
}

// authenticated reports whether the client proved who it is: by a certificate
// that was verified, or as one of the users of the web configuration file,
// whose passwords the toolkit has checked before a request comes here. The
// file is read at each request, as the toolkit does: without the users it had
// at the start, it lets requests pass unchecked.
func (s *Server) authenticated(r *http.Request) bool {
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		return true
	}
	name, _, given := r.BasicAuth()
	if !given || s.WebConfig == "" {
		return false
	}
	f, err := readWebFile(s.WebConfig)
	_, known := f.Users[name]
	return err == nil && known
}

// mayName reports whether account names may be shown in answer to a request.
func (s *Server) mayName(r *http.Request) bool {
	p, _ := r.Context().Value(peerKey{}).(peer)
	return p.is(0, uint32(os.Geteuid())) || p.is(*s.readers.Load()...) || s.authenticated(r)
}

// admit wraps a handler with what holds for every request: nothing but reading,
// no body, a host name that a page of somebody else's cannot have, headers
// that keep browsers from making more of the answer than it is.
func (s *Server) admit(next http.Handler, loopback bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "deny")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD: nothing can be changed here", http.StatusMethodNotAllowed)
		case r.ContentLength != 0:
			h.Set("Connection", "close")
			http.Error(w, "a request without a body, please", http.StatusRequestEntityTooLarge)
		case !loopback && !s.authenticated(r):
			http.Error(w, "authentication is required", http.StatusForbidden)
		case loopback && !s.ownHost(r):
			http.Error(w, "this host name is not one of this server's: use its address, localhost or its own name",
				http.StatusMisdirectedRequest)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// ownHost reports whether the Host header may be meant for this server. A page
// that a browser on this host shows can have its own name resolve to loopback
// (DNS rebinding), but then it sends that name.
func (s *Server) ownHost(r *http.Request) bool {
	if p, _ := r.Context().Value(peerKey{}).(peer); p.local && !p.addr.IsValid() {
		return true // no browser speaks over a Unix socket
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host == "" || strings.EqualFold(host, "localhost") || strings.EqualFold(host, s.hostName)
}

// named lets only those in who may see account names.
func (s *Server) named(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.mayName(r) {
			http.Error(w, "account names are shown to root, to the daemon's own account, to the local accounts that `web.users` in sshaudit.yaml lists, and to clients that authenticate",
				http.StatusForbidden)
			return
		}
		next(w, r)
	}
}
