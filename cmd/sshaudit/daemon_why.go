package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/decide"
	"sshaudit/audit/report"
	"sshaudit/audit/settings"
	"sshaudit/audit/survey"
	"sshaudit/exporter"
)

// webWhy answers the questions of the daemon's page. The settings are those in
// force when somebody asks.
func webWhy(g *globals, current func() settings.Settings) *exporter.Why {
	w := &exporter.Why{
		Services: []string{string(decide.SSH), string(decide.SFTP), string(decide.FTP), string(decide.FTPS)},
		Methods:  []string{string(decide.Publickey), string(decide.Password), string(decide.KeyboardInteractive)},
	}
	w.Ask = func(ctx context.Context, q report.Question) (*audit.WhyReport, error) {
		req, err := webRequest(w, q)
		if err != nil {
			return nil, &exporter.BadQuestion{Reason: err}
		}
		return answer(ctx, g, survey.WhyOptions{Root: g.root, Settings: current(), Request: req})
	}
	return w
}

// webRequest reads what was typed. Of a private key nothing is repeated.
func webRequest(w *exporter.Why, q report.Question) (req decide.Request, err error) {
	service, method := q.Service, q.Method
	if service == "" {
		service = w.Services[0]
	}
	if method == "" {
		method = w.Methods[0]
	}
	switch {
	case !slices.Contains(w.Services, service):
		return req, fmt.Errorf("service: want one of %s", strings.Join(w.Services, ", "))
	case !slices.Contains(w.Methods, method):
		return req, fmt.Errorf("method: want one of %s", strings.Join(w.Methods, ", "))
	}
	req = decide.Request{User: q.User, Service: decide.Service(service), Method: decide.Method(method)}
	if q.From != "" {
		if req.From, err = netip.ParseAddr(strings.TrimSpace(q.From)); err != nil {
			return req, errors.New("from: not an address: want a form such as 203.0.113.7 or 2001:db8::7")
		}
		req.From = req.From.Unmap()
	}
	if q.Port != "" {
		port, err := strconv.ParseUint(strings.TrimSpace(q.Port), 10, 16)
		if err != nil || port == 0 {
			return req, errors.New("port: want a number from 1 to 65535")
		}
		req.Port = int(port)
	}
	if key := strings.TrimSpace(q.Key); key != "" {
		return req, webKey(&req, key)
	}
	return req, nil
}

func webKey(req *decide.Request, key string) (err error) {
	if req.Method != decide.Publickey {
		return errors.New("key: it is for the method publickey")
	}
	if strings.HasPrefix(key, "SHA256:") || strings.HasPrefix(key, "MD5:") {
		req.Fingerprint, err = authkeys.ParseFingerprint(key)
		return err
	}
	req.Key, _, err = authkeys.ParsePublicKey([]byte(key))
	return err
}
