package ftpdconf_test

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"sshaudit/audit/ftpdconf"
)

// in gives the files below a directory. Links that lead to an absolute path are
// not in the systems of these tests.
func in(root *os.Root) ftpdconf.Source {
	rel := func(path string) string {
		if path = strings.Trim(path, "/"); path == "" {
			return "."
		}
		return path
	}
	described := func(info fs.FileInfo, err error) (ftpdconf.Info, error) {
		if err != nil {
			return ftpdconf.Info{}, err
		}
		return ftpdconf.Info{Mode: info.Mode(), UID: info.Sys().(*syscall.Stat_t).Uid}, nil
	}
	return ftpdconf.Source{
		Read:     func(path string) ([]byte, error) { return root.ReadFile(rel(path)) },
		Stat:     func(path string) (ftpdconf.Info, error) { return described(root.Stat(rel(path))) },
		Lstat:    func(path string) (ftpdconf.Info, error) { return described(root.Lstat(rel(path))) },
		Readlink: func(path string) (string, error) { return root.Readlink(rel(path)) },
		List: func(dir string) ([]string, error) {
			d, err := root.Open(rel(dir))
			if err != nil {
				return nil, err
			}
			defer d.Close()
			names, err := d.Readdirnames(-1)
			slices.Sort(names)
			return names, err
		},
	}
}

// texts gives files from a map; every one belongs to root.
func texts(files map[string]string) ftpdconf.Source {
	stat := func(path string) (ftpdconf.Info, error) {
		if _, ok := files[path]; ok {
			return ftpdconf.Info{Mode: 0o644}, nil
		}
		for name := range files {
			if strings.HasPrefix(name, strings.TrimSuffix(path, "/")+"/") {
				return ftpdconf.Info{Mode: fs.ModeDir | 0o755}, nil
			}
		}
		return ftpdconf.Info{}, fs.ErrNotExist
	}
	return ftpdconf.Source{
		Read: func(path string) ([]byte, error) {
			text, ok := files[path]
			if !ok {
				return nil, fs.ErrNotExist
			}
			return []byte(text), nil
		},
		Stat: stat, Lstat: stat,
		Readlink: func(string) (string, error) { return "", fs.ErrInvalid },
		List: func(dir string) ([]string, error) {
			var names []string
			for name := range files {
				if rest, ok := strings.CutPrefix(name, strings.TrimSuffix(dir, "/")+"/"); ok && !strings.Contains(rest, "/") {
					names = append(names, rest)
				}
			}
			if names == nil {
				return nil, fs.ErrNotExist
			}
			slices.Sort(names)
			return names, nil
		},
	}
}
