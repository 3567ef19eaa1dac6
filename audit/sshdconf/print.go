package sshdconf

import (
	"strconv"
	"strings"
)

// printer writes the lines that sshd -T prints for an option.
type printer func(*Settings, *option) []Setting

// print writes all lines (servconf.c dump_config).
func (s *Settings) print() []Setting {
	var out []Setting
	for _, o := range s.r.options {
		if !o.knows(s.r) || !s.r.build.has(o.needs) {
			continue
		}
		show := o.show
		if show == nil {
			show = showOne
		}
		out = append(out, show(s, o)...)
	}
	return out
}

// setting makes one line of an option.
func (s *Settings) setting(o *option, text string) Setting {
	line := Setting{Keyword: o.spelling(s.r.rel), Value: text}
	if v := s.vals[o.slot]; v != nil {
		line.File, line.Line = v.pos.file, v.pos.line
	}
	return line
}

func showNothing(*Settings, *option) []Setting { return nil }

func showOne(s *Settings, o *option) []Setting {
	items := s.items(o)
	if len(items) == 0 {
		return []Setting{s.setting(o, "none")}
	}
	return []Setting{s.setting(o, items[0].text)}
}

func showLines(s *Settings, o *option) []Setting {
	items := s.items(o)
	out := make([]Setting, len(items))
	for i, it := range items {
		text := it.text
		if it.null {
			text = "(null)"
		}
		out[i] = Setting{o.spelling(s.r.rel), text, it.pos.file, it.pos.line}
	}
	return out
}

// joined writes the items in one text.
func joined(items []item, separator string) string {
	texts := make([]string, len(items))
	for i := range items {
		texts[i] = items[i].text
	}
	return strings.Join(texts, separator)
}

func showJoined(s *Settings, o *option) []Setting {
	items := s.items(o)
	if len(items) == 0 {
		return nil
	}
	return []Setting{s.setting(o, joined(items, " "))}
}

func showJoinedOr(empty string) printer {
	return func(s *Settings, o *option) []Setting {
		items := s.items(o)
		if len(items) == 0 {
			return []Setting{s.setting(o, empty)}
		}
		return []Setting{s.setting(o, joined(items, " "))}
	}
}

func showColons(s *Settings, o *option) []Setting {
	return []Setting{s.setting(o, joined(s.items(o), ":"))}
}

func showZeroAsNone(s *Settings, o *option) []Setting {
	line := showOne(s, o)
	if line[0].Value == "0" {
		line[0].Value = "none"
	}
	return line
}

// showChannelTimeout: an empty list is printed from 9.5 on.
func showChannelTimeout(s *Settings, o *option) []Setting {
	if s.r.rel < 905 {
		return showJoined(s, o)
	}
	return showJoinedOr("none")(s, o)
}

// showDebianBanner: Debian's patch prints it since 9.5.
func showDebianBanner(s *Settings, o *option) []Setting {
	if s.r.rel < 905 {
		return nil
	}
	return showOne(s, o)
}

// showRevokedKeys: a list since 10.3, printed elsewhere and only if there is one.
func showRevokedKeys(s *Settings, o *option) []Setting {
	if s.r.rel >= 1003 {
		return nil
	}
	return showOne(s, o)
}

func showRevokedList(s *Settings, _ *option) []Setting {
	return showJoined(s, s.r.option("revokedkeys"))
}

func showRekeyLimit(s *Settings, o *option) []Setting {
	interval := s.items(s.r.option("rekeylimit interval"))
	return []Setting{s.setting(o, s.items(o)[0].text+" "+interval[0].text)}
}

func showPenalties(s *Settings, o *option) []Setting {
	if s.items(o)[0].text != "yes" {
		return []Setting{s.setting(o, "no")}
	}
	var parts []string
	for _, part := range s.r.options {
		name, ok := strings.CutPrefix(part.name, "penalty ")
		if !ok || !part.knows(s.r) {
			continue
		}
		items := s.items(part)
		if len(items) == 0 { // overflow6 follows overflow
			items = s.items(s.r.option("penalty overflow"))
		}
		text := items[0].text
		if s.r.rel >= 1003 && !strings.HasPrefix(name, "max-") && !strings.HasPrefix(name, "overflow") {
			text = sixPlaces(text)
		}
		parts = append(parts, name+":"+text)
	}
	return []Setting{s.setting(o, strings.Join(parts, " "))}
}

// sixPlaces writes seconds as "%f" does, since 10.3.
func sixPlaces(text string) string {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return strconv.FormatFloat(seconds, 'f', 6, 64)
}
