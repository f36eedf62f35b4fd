package profile

import (
	"strings"
	"time"
)

// dateTokens are the words of {date:…} and what package time calls them. Longer ones come first.
var dateTokens = []struct{ word, layout string }{
	{"YYYY", "2006"}, {"YY", "06"}, {"MM", "01"}, {"DD", "02"}, {"hh", "15"}, {"mm", "04"}, {"ss", "05"},
}

// hasDate tells whether a format has any token in it.
func hasDate(format string) bool {
	for _, t := range dateTokens {
		if strings.Contains(format, t.word) {
			return true
		}
	}
	return false
}

// appendDate writes now by a format. Each token is formatted by itself: other text must not be read as a layout.
func appendDate(dst []byte, format string, now time.Time) []byte {
next:
	for format != "" {
		for _, t := range dateTokens {
			if rest, ok := strings.CutPrefix(format, t.word); ok {
				dst, format = now.AppendFormat(dst, t.layout), rest
				continue next
			}
		}
		dst, format = append(dst, format[0]), format[1:]
	}
	return dst
}
