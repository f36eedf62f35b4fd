//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package main

import (
	"errors"
	"os"
	"time"
)

func openSerial(string) (*os.File, error) {
	return nil, errors.New("this version cannot dial on this platform: only where serial ports have a termios")
}

func rawTerminal(*os.File) (restore func(), is bool) { return nil, false }

func readable(*os.File, time.Duration) bool { return true }
