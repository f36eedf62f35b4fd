//go:build unix

package render

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// TerminalRows returns the height of a terminal; false if w is none.
func TerminalRows(w io.Writer) (int, bool) {
	file, ok := w.(*os.File)
	if !ok {
		return 0, false
	}
	size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, false
	}
	return int(size.Row), true
}
