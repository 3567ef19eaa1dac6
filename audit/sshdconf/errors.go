package sshdconf

import (
	"fmt"

	"sshaudit/audit"
)

// ConfigError is a configuration that sshd refuses: it would not start with it,
// or, when Effective returns it, it would drop that connection.
type ConfigError struct {
	// File and Line say where; both are empty when the fault is the sum of
	// several lines, and File is "command-line" for an argument.
	File string
	Line int
	// Message is sshd's own text as near as possible, without file and line. It
	// may quote the configuration.
	Message string
	// Err is fs.ErrNotExist for a file that is missing, nil otherwise.
	Err error
}

// Unwrap returns Err.
func (e *ConfigError) Unwrap() error { return e.Err }

// Error names file, line and fault; text of the host is escaped.
func (e *ConfigError) Error() string {
	message := audit.Untrusted(e.Message).String()
	switch {
	case e.File == "":
		return "sshd refuses its configuration: " + message
	case e.Line == 0:
		return fmt.Sprintf("sshd refuses %s: %s", audit.Untrusted(e.File), message)
	default:
		return fmt.Sprintf("sshd refuses %s line %d: %s", audit.Untrusted(e.File), e.Line, message)
	}
}

// ReadError is a file of the configuration that exists and could not be read.
// sshd itself, as root, may well be able to: this is no verdict.
type ReadError struct {
	File string
	Err  error
}

// Error names the file and the reason.
func (e *ReadError) Error() string {
	return fmt.Sprintf("read %s: %v", audit.Untrusted(e.File), e.Err)
}

// Unwrap returns the reason.
func (e *ReadError) Unwrap() error { return e.Err }

// LimitError is a configuration beyond what this reader is willing to read. It
// says nothing about what sshd would do.
type LimitError struct {
	// File and Line are where the reader gave up.
	File string
	Line int
	// What names the bound.
	What string
}

// Error names the place and the bound.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%s line %d: more than %s: simplify the configuration, it was not evaluated",
		audit.Untrusted(e.File), e.Line, e.What)
}

// UnknownError is a configuration whose meaning depends on something that was
// not at hand, such as another account's home.
type UnknownError struct {
	File string
	Line int
	// What says what is missing.
	What string
}

// Error names the place and what is missing.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("%s line %d: %s", audit.Untrusted(e.File), e.Line, audit.Untrusted(e.What))
}
