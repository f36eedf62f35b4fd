//go:build !windows

package vport

import (
	"fmt"
	"runtime"

	"meterline/vport/com0com"
)

// Pairs are the pairs of COM ports that the driver has registered; there are none on this system.
func Pairs() ([]com0com.Pair, error) {
	return nil, fmt.Errorf("COM ports are those of Windows, and this is %s: give the path of a link (Linux), tcp:// or rfc2217://: %w",
		runtime.GOOS, ErrUnsupported)
}

// AskNullModem asks about the driver that makes pairs of COM ports; there is none on this system.
func AskNullModem() (NullModem, error) {
	_, err := Pairs()
	return NullModem{}, err
}

func openPairEnd(string) (PairEnd, error) {
	_, err := Pairs()
	return nil, err
}
