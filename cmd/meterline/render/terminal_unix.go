//go:build unix

package render

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// TerminalRows is the height of the terminal that w is; false: it is none.
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
