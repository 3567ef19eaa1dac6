package settings

// The reader walks YAML nodes instead of letting the library fill structs: it
// can then name the key, its line and the remedy in the administrator's words,
// take a scalar as it is written (0750 stays octal, a user may be called yes),
// and refuse anchors and aliases, which a file of this size never needs.

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// position is a line of a file.
type position struct {
	file string
	line int
}

func (p position) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", p.file, p.line, fmt.Sprintf(format, args...))
}

// value is one value of the file and the key that leads to it.
type value struct {
	node *yaml.Node
	file string
	// key is the dotted way to the value, such as "daemon.interval".
	key string
}

func (v value) at() position { return position{v.file, v.node.Line} }

func (v value) errorf(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if v.key != "" {
		text = v.key + ": " + text
	}
	return v.at().errorf("%s", text)
}

// empty reports whether the key has no value, which keeps its default.
func (v value) empty() bool { return v.node.Kind == yaml.ScalarNode && v.node.Tag == "!!null" }

// field is one key of a mapping and what reads its value.
type field struct {
	name string
	read func(value) error
}

// mapping reads a value that must be a mapping with no other keys than fields.
func (v value) mapping(fields ...field) error {
	if v.empty() {
		return nil
	}
	if v.node.Kind != yaml.MappingNode {
		return v.errorf("want keys and values, found %s; indent `%s: …` below it", v.kind(), fields[0].name)
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		key := value{v.node.Content[i], v.file, v.key}
		name := key.node.Value
		f, err := pick(key, fields)
		if err != nil {
			return err
		}
		if line, twice := seen[name]; twice {
			return key.errorf("key %q is already set on line %d; keep one of the two", name, line)
		}
		seen[name] = key.node.Line
		if err := f.read(value{v.node.Content[i+1], v.file, strings.TrimPrefix(v.key+"."+name, ".")}); err != nil {
			return err
		}
	}
	return nil
}

func pick(key value, fields []field) (field, error) {
	names := make([]string, 0, len(fields))
	for _, f := range fields {
		if key.node.Kind == yaml.ScalarNode && f.name == key.node.Value {
			return f, nil
		}
		names = append(names, f.name)
	}
	if key.node.Kind != yaml.ScalarNode {
		return field{}, key.errorf("a key must be a word, found %s", key.kind())
	}
	return field{}, key.errorf("unknown key %q; known here: %s", key.node.Value, strings.Join(names, ", "))
}

// list reads a value that must be a list, element by element.
func (v value) list(read func(value) error) error {
	if v.node.Kind != yaml.SequenceNode {
		return v.errorf("want a list, found %s; write it as [one, two]", v.kind())
	}
	for _, n := range v.node.Content {
		if err := read(value{n, v.file, v.key}); err != nil {
			return err
		}
	}
	return nil
}

// text reads a single value as it is written.
func (v value) text() (string, error) {
	switch {
	case v.node.Kind != yaml.ScalarNode:
		return "", v.errorf("want one value, found %s", v.kind())
	case v.empty():
		return "", v.errorf("an empty value; give one, or take the line out")
	}
	return v.node.Value, nil
}

// kind names what was found, in the words of the manual.
func (v value) kind() string {
	switch v.node.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias (*name), which is not supported"
	default:
		if v.empty() {
			return "nothing"
		}
		return fmt.Sprintf("the value %q", v.node.Value)
	}
}
