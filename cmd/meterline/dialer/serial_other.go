//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd && !windows

package dialer

import (
	"errors"
	"os"
	"time"
)

func OpenSerial(string) (Port, error) {
	return nil, errors.New("serial ports cannot be dialled from on this platform: write tcp://host:port or rfc2217://host:port of a dial-up port")
}

func rawTerminal(*os.File) (restore func(), is bool) { return nil, false }

func readable(*os.File, time.Duration) bool { return true }
