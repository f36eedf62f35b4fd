//go:build !unix

package render

import (
	"io"
	"os"
)

// TerminalRows reports whether w is a terminal. The height is always 0, not known.
func TerminalRows(w io.Writer) (int, bool) {
	file, ok := w.(*os.File)
	if !ok {
		return 0, false
	}
	info, err := file.Stat()
	return 0, err == nil && info.Mode()&os.ModeCharDevice != 0
}
