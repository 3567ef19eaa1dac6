package exporter

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sshaudit/audit/live"

	"golang.org/x/crypto/bcrypt"
)

// testCert is a certificate with its key, which is its own authority.
type testCert struct {
	certFile, keyFile string
	pair              tls.Certificate
	pool              *x509.CertPool
}

func newCert(t *testing.T) testCert {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	shape := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, shape, shape, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	c := testCert{pool: x509.NewCertPool()}
	c.pool.AppendCertsFromPEM(certPEM)
	if c.pair, err = tls.X509KeyPair(certPEM, keyPEM); err != nil {
		t.Fatal(err)
	}
	c.certFile = writeFile(t, "cert.pem", string(certPEM))
	c.keyFile = writeFile(t, "key.pem", string(keyPEM))
	return c
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Parts of a web configuration file.
func (c testCert) serverTLS() string {
	return fmt.Sprintf("tls_server_config:\n  cert_file: %s\n  key_file: %s\n", c.certFile, c.keyFile)
}

func (c testCert) clientCerts(how string) string {
	return fmt.Sprintf("  client_auth_type: %s\n  client_ca_file: %s\n", how, c.certFile)
}

func basicUsers(t *testing.T, name, password string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("basic_auth_users:\n  %s: %s\n", name, hash)
}

func TestOtherAddressesNeedTLSAndAuthentication(t *testing.T) {
	cert := newCert(t)
	users := basicUsers(t, "prom", "secret")
	for _, c := range []struct{ name, listen, web, want string }{
		{"loopback in the clear", "127.0.0.1:0", "", ""},
		{"loopback with passwords in the clear", "[::1]:0", users, ""},
		{"in the clear", "0.0.0.0:0", "", "an address other than loopback needs TLS and authentication; set up tls_server_config, and basic_auth_users or client certificates, in the web configuration file"},
		{"any address in the clear", ":0", "", "needs TLS and authentication"},
		{"passwords in the clear", "0.0.0.0:0", users, "needs TLS; set up tls_server_config"},
		{"TLS for everybody", "0.0.0.0:0", cert.serverTLS(), "needs authentication; set up basic_auth_users, or client_auth_type: RequireAndVerifyClientCert"},
		{"client certificates that nobody verifies", "0.0.0.0:0", cert.serverTLS() + "  client_auth_type: RequireAnyClientCert\n", "needs authentication"},
		{"client certificates for those who like", "0.0.0.0:0", cert.serverTLS() + cert.clientCerts("VerifyClientCertIfGiven"), "needs authentication"},
		{"TLS and passwords", "0.0.0.0:0", cert.serverTLS() + users, ""},
		{"TLS and client certificates", "0.0.0.0:0", cert.serverTLS() + cert.clientCerts("RequireAndVerifyClientCert"), ""},
		{"unknown key", "127.0.0.1:0", "tls: {}\n", "web.yaml: yaml: unmarshal errors: line 1: field tls not found in type web.Config"},
		{"certificate that is missing", "127.0.0.1:0", "tls_server_config: {cert_file: /nonexistent, key_file: /nonexistent}\n", "/nonexistent: no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := pagesOf(&live.Snapshot{})
			o.Listen = []string{c.listen}
			if c.web != "" {
				o.WebConfig = writeFile(t, "web.yaml", c.web)
			}
			s, err := New(o)
			if err == nil {
				s.close()
			}
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("\ngot  %v\nwant …%s…", err, c.want)
			}
		})
	}
	o := pagesOf(&live.Snapshot{})
	o.WebConfig = "/nonexistent/web.yaml"
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "/nonexistent/web.yaml: no such file") {
		t.Errorf("a web configuration that is missing: %v", err)
	}
}

// TestRemotePeerMustAuthenticate listens on all addresses; the connection is
// over loopback, but the listener's rule is that of the others.
func TestRemotePeerMustAuthenticate(t *testing.T) {
	cert := newCert(t)
	web := writeFile(t, "web.yaml", cert.serverTLS()+basicUsers(t, "prom", "secret"))
	o := pagesOf(live.NewSnapshot(testReport()))
	o.Listen, o.WebConfig = []string{"0.0.0.0:0", "[::1]:0"}, web
	_, addr := serve(t, o)
	url := fmt.Sprintf("https://127.0.0.1:%d", port(t, addr))
	transport := func() *http.Transport {
		return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: cert.pool}, ForceAttemptHTTP2: true}
	}
	password := func(p string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth("prom", p) }
	}
	for path, want := range map[string]string{"/metrics": `user="alice"`, "/report": "<p>alice</p>", "/api/v1/check": "bob", "/-/ready": "ready"} {
		if got := getBy(t, transport(), url+path); got.status != 401 || strings.Contains(got.body, "alice") {
			t.Errorf("%s without a password: %d %s", path, got.status, got.body)
		}
		if got := getBy(t, transport(), url+path, password("guess")); got.status != 401 {
			t.Errorf("%s with a wrong password: %d", path, got.status)
		}
		got := getBy(t, transport(), url+path, password("secret"), func(r *http.Request) { r.Host = "web1.example" })
		if got.status != 200 || !strings.Contains(got.body, want) {
			t.Errorf("%s with the password: %d %s", path, got.status, got.body)
		}
	}
	// The toolkit reads the file again for each request. Without users it lets
	// everybody in; this server does not.
	if err := os.WriteFile(web, []byte(cert.serverTLS()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(*http.Request){func(*http.Request) {}, password("secret"), password("guess")} {
		if got := getBy(t, transport(), url+"/metrics", change); got.status != 403 || got.body != "authentication is required\n" {
			t.Errorf("after the users are gone: %d %s", got.status, got.body)
		}
	}
}

func TestVerifiedCertificateAuthenticates(t *testing.T) {
	needRoot(t)
	cert := newCert(t)
	o := pagesOf(live.NewSnapshot(testReport()))
	o.WebConfig = writeFile(t, "web.yaml", cert.serverTLS()+cert.clientCerts("VerifyClientCertIfGiven"))
	_, addr := serve(t, o)
	for name, c := range map[string]struct {
		certs []tls.Certificate
		want  int
	}{"with the certificate": {[]tls.Certificate{cert.pair}, 200}, "without": {nil, 403}} {
		transport := &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: cert.pool, Certificates: c.certs},
			DialContext:     tenantDial,
		}
		if got := getBy(t, transport, "https://"+addr+"/report"); got.status != c.want {
			t.Errorf("%s: %d, want %d", name, got.status, c.want)
		}
	}
}

func TestPasswordShowsNamesToATenant(t *testing.T) {
	needRoot(t)
	o := pagesOf(live.NewSnapshot(testReport()))
	o.WebConfig = writeFile(t, "web.yaml", basicUsers(t, "prom", "secret"))
	_, addr := serve(t, o)
	transport := func() *http.Transport {
		return &http.Transport{DialContext: tenantDial}
	}
	if got := getBy(t, transport(), "http://"+addr+"/metrics"); got.status != 401 {
		t.Errorf("without the password: %d", got.status)
	}
	got := getBy(t, transport(), "http://"+addr+"/metrics", func(r *http.Request) { r.SetBasicAuth("prom", "secret") })
	if got.status != 200 || !strings.Contains(got.body, `user="alice"`) {
		t.Errorf("with the password: %d %s", got.status, got.body)
	}
}
