package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile bounds the size of the file in bytes.
const maxFile = 1 << 20

// Load reads a configuration from r on top of Default. The name is the file's,
// for errors; each error is one line, "name:line: key: what is wrong; remedy".
func Load(r io.Reader, name string) (Settings, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return Settings{}, fmt.Errorf("%s: %w", name, err)
	}
	if len(text) > maxFile {
		return Settings{}, fmt.Errorf("%s: larger than %d bytes; it is hardly meant to be sshaudit's configuration", name, maxFile)
	}
	root, err := document(text, name)
	if err != nil {
		return Settings{}, err
	}
	s := Default()
	if root == nil {
		return s, nil
	}
	if err := s.read(value{node: root, file: name}); err != nil {
		return Settings{}, err
	}
	return s, nil
}

// document parses the text, which may hold one YAML document or none.
func document(text []byte, name string) (*yaml.Node, error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	var first, second yaml.Node
	switch err := d.Decode(&first); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, syntaxError(err, name)
	}
	switch err := d.Decode(&second); {
	case err == nil:
		return nil, position{name, second.Line}.errorf("a second YAML document begins; keep one and take the `---` out")
	case !errors.Is(err, io.EOF):
		return nil, syntaxError(err, name)
	}
	return first.Content[0], nil
}

var yamlLine = regexp.MustCompile(`^line (\d+): `)

// syntaxError puts the library's complaint into the form of our own: it says
// "yaml: line 3: …", or no line for the first one and for a fault in the characters.
func syntaxError(err error, name string) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		return fmt.Errorf("%s:%s: not YAML: %s; look at the indentation, colons and quotes there", name, m[1], text[len(m[0]):])
	}
	return fmt.Errorf("%s: not YAML: %s; look at its first line and for bytes that are no UTF-8 text", name, text)
}
