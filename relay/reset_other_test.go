//go:build !windows

package relay

import (
	"errors"
	"syscall"
)

// wasReset reports whether a connection was ended by a reset, err being what reading from it has come to.
func wasReset(err error) bool { return errors.Is(err, syscall.ECONNRESET) }
