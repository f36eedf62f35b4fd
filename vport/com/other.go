//go:build !windows

package com

import (
	"fmt"
	"runtime"

	"meterline/vport"
	"meterline/vport/com0com"
)

// Pairs returns the pairs of COM ports that the driver has registered; there are none on this system.
func Pairs() ([]com0com.Pair, error) {
	return nil, fmt.Errorf("COM ports are those of Windows, and this is %s: give the path of a link (Linux), tcp:// or rfc2217://: %w",
		runtime.GOOS, vport.ErrUnsupported)
}

// AskDriver asks about the driver that makes pairs of COM ports; there is none on this system.
func AskDriver() (Driver, error) {
	_, err := Pairs()
	return Driver{}, err
}

func openPairEnd(string) (End, error) {
	_, err := Pairs()
	return End{}, err
}
