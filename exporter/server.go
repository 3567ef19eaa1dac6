package exporter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/live"
	"sshaudit/audit/report"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/prometheus/exporter-toolkit/web"
)

// Bounds of a connection. The toolkit sets none.
const (
	headerTimeout  = 5 * time.Second
	requestTimeout = 10 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeader      = 8 << 10
	stopTimeout    = 5 * time.Second
)

// Options are what a Server is made of.
type Options struct {
	Source
	// Page and JSON write what a filter lets pass of a report, as one HTML page
	// and as one JSON document; both are needed.
	Page, JSON func(io.Writer, *audit.Report, report.Filter) error
	// Why answers a question about one login; without it there is no such page.
	Why *Why
	// Listen holds the addresses, as settings.Daemon has them. Sockets that
	// systemd passes in take their place.
	Listen []string
	// WebConfig is the path of the web configuration file; empty without one.
	WebConfig string
	// Readers are the uids that may see account names over loopback, besides
	// root's and the daemon's own.
	Readers []uint32
	Log     *slog.Logger
}

// Server serves metrics and pages. Make one with New; it listens from then on.
type Server struct {
	Options
	readers   atomic.Pointer[[]uint32]
	hostName  string
	listeners []net.Listener
	servers   []*http.Server
}

// New opens the listeners and checks that each may be served as the options
// say. An error names the address or the file and what to do.
func New(o Options) (*Server, error) {
	s := &Server{Options: o}
	s.SetReaders(o.Readers)
	s.hostName, _ = os.Hostname() // without a name, addresses and localhost remain
	var err error
	if s.listeners, err = open(o.Listen); err != nil {
		return nil, err
	}
	if err := permitted(s.Addrs(), o.WebConfig); err != nil {
		s.close()
		return nil, err
	}
	if s.Why != nil {
		s.Why.busy = make(chan struct{}, maxAnswers)
	}
	limits := &limiter{max: maxConnections}
	pages, err := s.pages()
	if err != nil {
		s.close()
		return nil, err
	}
	for i, l := range s.listeners {
		s.servers = append(s.servers, s.server(pages, loopback(l.Addr())))
		s.listeners[i] = listener{l, limits}
	}
	return s, nil
}

// open returns the sockets that systemd passed in, or opens the addresses.
func open(addresses []string) ([]net.Listener, error) {
	passed, err := activation.Listeners()
	if err != nil {
		return nil, fmt.Errorf("sockets passed by systemd: %w", err)
	}
	for i, l := range passed {
		if l == nil {
			return nil, fmt.Errorf("socket %d passed by systemd is no stream socket; use ListenStream= in the socket unit", i)
		}
	}
	if len(passed) > 0 {
		return passed, nil
	}
	var listeners []net.Listener
	for _, a := range addresses {
		l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", a)
		if err != nil {
			for _, other := range listeners {
				other.Close()
			}
			return nil, fmt.Errorf("listen on %s: %w; choose another address in daemon.listen", a, err)
		}
		listeners = append(listeners, l)
	}
	if len(listeners) == 0 {
		return nil, errors.New("no address to listen on; name one in daemon.listen")
	}
	return listeners, nil
}

// server returns the HTTP server of one listener. Each has its own, because
// the toolkit changes the server that it serves.
func (s *Server) server(pages http.Handler, loopback bool) *http.Server {
	return &http.Server{
		Handler:           s.admit(pages, loopback),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      requestTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxConnections},
		ConnContext:       withPeer,
		ErrorLog:          quietLog(s.Log),
	}
}

// Addrs returns the addresses that the server listens on.
func (s *Server) Addrs() []net.Addr {
	addrs := make([]net.Addr, 0, len(s.listeners))
	for _, l := range s.listeners {
		addrs = append(addrs, l.Addr())
	}
	return addrs
}

// SetReaders replaces Options.Readers while the server runs.
func (s *Server) SetReaders(uids []uint32) { s.readers.Store(&uids) }

// Serve serves until ctx is done, then lets requests end within a few seconds.
// It returns the error of a listener that failed before that.
func (s *Server) Serve(ctx context.Context) error {
	failed := make(chan error, len(s.servers))
	flags := &web.FlagConfig{WebConfigFile: &s.WebConfig}
	for i, srv := range s.servers {
		go func() { failed <- web.Serve(s.listeners[i], srv, flags, s.Log) }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	for _, srv := range s.servers {
		if srv.Shutdown(stop) != nil {
			_ = srv.Close() // the requests that are left are given up
		}
	}
	s.close()
	return err
}

func (s *Server) close() {
	for _, l := range s.listeners {
		l.Close()
	}
}

// Run serves a state and keeps it going until ctx is done, and tells systemd:
// that it is ready, what the state is, that it turns, that it stops.
func (s *Server) Run(ctx context.Context, state *live.State) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := newNotifier(s.Log)
	state.OnTurn(n.every, n.turned)
	ended := make(chan struct{})
	go func() { defer close(ended); state.Run(ctx) }()
	n.ready()
	err := s.Serve(ctx)
	n.stopping()
	cancel()
	<-ended
	return err
}
