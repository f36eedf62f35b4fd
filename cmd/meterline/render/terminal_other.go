//go:build !unix

package render

import (
	"io"
	"os"
)

// TerminalRows is the height of the terminal that w is; false: it is none. A console's height is not asked for: 0.
func TerminalRows(w io.Writer) (int, bool) {
	file, ok := w.(*os.File)
	if !ok {
		return 0, false
	}
	info, err := file.Stat()
	return 0, err == nil && info.Mode()&os.ModeCharDevice != 0
}
