package collect

import (
	"io/fs"
	"slices"
	"strings"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/pam"
	"sshaudit/audit/sshdconf"
)

// dpkgSize bounds the list of installed packages, in bytes.
const dpkgSize = 64 << 20

// pamStack reads the stack of the service that sshd asks. Up to 9.7 that is the
// program's name, from 9.8 on PAMServiceName.
func (c *Collector) pamStack(s *sshdconf.Settings) *pam.Stack {
	service := "sshd"
	if name, ok := s.Text("pamservicename"); ok && name != "" {
		service = name
	}
	return c.pamService(service)
}

// pamService reads the stack of a service.
func (c *Collector) pamService(service string) *pam.Stack {
	v := c.root.Self()
	return pam.Load(service, pam.Source{
		Read: func(name string) ([]byte, error) {
			data, _, err := v.ReadFile(name, smallFile, nil)
			return slices.Clone(data), err
		},
		Mode: func(name string) (fs.FileMode, error) {
			info, err := v.Stat(name)
			if err != nil {
				return 0, err
			}
			mode := fs.FileMode(info.Mode & 0o777)
			if info.Type == hostfs.Directory {
				mode |= fs.ModeDir
			} else if info.Type != hostfs.Regular {
				mode |= fs.ModeIrregular
			}
			return mode, nil
		},
		List: func(dir string) ([]string, error) {
			entries, _, err := v.ReadDir(dir, maxIncluded)
			var names []string
			for i := range entries {
				names = append(names, string(entries[i].Name))
			}
			slices.Sort(names)
			return names, err
		},
	}, c.pamLibrary(v))
}

// pamLibrary finds the release of Linux-PAM in dpkg's list of packages; it is
// unknown on other systems.
func (c *Collector) pamLibrary(v *hostfs.View) pam.Library {
	data, _, err := v.ReadFile("/var/lib/dpkg/status", dpkgSize, nil)
	if err != nil {
		return pam.Library{}
	}
	_, entry, found := strings.Cut("\n"+string(data), "\nPackage: libpam0g\n")
	if !found {
		// The package has another name since Debian 13.
		if _, entry, found = strings.Cut("\n"+string(data), "\nPackage: libpam0t64\n"); !found {
			return pam.Library{Debian: true}
		}
	}
	entry, _, _ = strings.Cut(entry, "\n\n")
	for line := range strings.Lines(entry) {
		if version, ok := strings.CutPrefix(line, "Version: "); ok {
			library, err := pam.ParseLibrary(strings.TrimSpace(version), true)
			if err != nil {
				return pam.Library{Debian: true}
			}
			return library
		}
	}
	return pam.Library{Debian: true}
}
