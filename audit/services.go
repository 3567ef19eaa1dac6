package audit

// ServiceState tells whether a service runs by one unit.
type ServiceState struct {
	// Service is "ssh" or "ftp".
	Service string
	// Unit is the systemd unit; empty where none is responsible.
	Unit string
	// Up is false where the unit ought to run and does not.
	Up bool
}

// ListenState tells whether a service listens on a port.
type ListenState struct {
	// Service is "ssh", "ftp" or "ftps" (implicit TLS); Family "ipv4" or "ipv6".
	Service string
	Port    int
	Family  string
	// Open is false where the configuration says that a socket should listen and
	// none does.
	Open bool
}
