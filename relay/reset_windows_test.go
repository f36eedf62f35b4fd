package relay

import (
	"errors"
	"syscall"

	"golang.org/x/sys/windows"
)

// wasReset reports whether a connection was ended by a reset, err being what reading from it has come to. Wine asks a socket
// for its error while it connects, and what is read after that is a plain end: it counts there.
func wasReset(err error) bool {
	wine := windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
	return errors.Is(err, syscall.WSAECONNRESET) || wine && err == nil
}
