package exporter

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/prometheus/exporter-toolkit/web"
	"go.yaml.in/yaml/v3"
)

// webFile is what must be known of the web configuration file that Prometheus
// exporters share. The toolkit reads the rest and applies it all.
type webFile struct {
	TLS struct {
		Cert       string `yaml:"cert"`
		CertFile   string `yaml:"cert_file"`
		ClientAuth string `yaml:"client_auth_type"`
	} `yaml:"tls_server_config"`
	Users map[string]string `yaml:"basic_auth_users"`
}

// readWebFile reads the file; without a path it is empty.
func readWebFile(path string) (webFile, error) {
	var f webFile
	if path == "" {
		return f, nil
	}
	text, err := os.ReadFile(path) //nolint:forbidigo // the daemon's own configuration, which the toolkit opens the same way
	if err != nil {
		return f, err
	}
	return f, yaml.Unmarshal(text, &f)
}

// encrypts reports whether the file sets up TLS.
func (f webFile) encrypts() bool { return f.TLS.Cert != "" || f.TLS.CertFile != "" }

// authenticates reports whether every client has to prove who it is.
func (f webFile) authenticates() bool {
	return len(f.Users) > 0 || f.TLS.ClientAuth == "RequireAndVerifyClientCert"
}

// loopback reports whether only processes of this host reach an address.
func loopback(a net.Addr) bool {
	switch a := a.(type) {
	case *net.UnixAddr:
		return true
	case *net.TCPAddr:
		return a.IP.IsLoopback()
	}
	return false
}

// permitted checks the web configuration file, and that it protects every
// address that others than this host reach.
func permitted(addrs []net.Addr, webConfig string) error {
	err := web.Validate(webConfig)
	var f webFile
	if err == nil {
		f, err = readWebFile(webConfig)
	}
	if err != nil {
		// The YAML library's messages have several lines; an error here has one.
		return fmt.Errorf("web configuration %s: %s", webConfig, strings.Join(strings.Fields(err.Error()), " "))
	}
	for _, a := range addrs {
		if loopback(a) || f.encrypts() && f.authenticates() {
			continue
		}
		missing := errors.New("TLS and authentication; set up tls_server_config, and basic_auth_users or client certificates, in the web configuration file")
		switch {
		case f.encrypts():
			missing = errors.New("authentication; set up basic_auth_users, or client_auth_type: RequireAndVerifyClientCert, in the web configuration file")
		case f.authenticates():
			missing = errors.New("TLS; set up tls_server_config in the web configuration file")
		}
		return fmt.Errorf("listen on %s: an address other than loopback needs %w", a, missing)
	}
	return nil
}
