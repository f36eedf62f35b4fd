package render

import (
	"bytes"
	"fmt"
)

// InPlace returns picture with the control characters that draw it over the one before, from the top of a terminal with that many rows (0:
// not known). If it does not fit, the last row says so.
func InPlace(picture []byte, rows int) []byte {
	lines := bytes.Split(bytes.TrimSuffix(picture, []byte("\n")), []byte("\n"))
	if rows > 1 && len(lines) >= rows {
		more := len(lines) - (rows - 2)
		lines = append(lines[:rows-2], fmt.Appendf(nil, "... and %d more", more))
	}
	out := []byte("\x1b[H") // cursor home
	for _, line := range lines {
		out = append(out, line...)
		out = append(out, "\x1b[K\n"...) // erase to the end of the line
	}
	return append(out, "\x1b[J"...) // erase below
}
