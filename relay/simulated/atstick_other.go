//go:build !linux

package simulated

import (
	"context"
	"errors"
	"fmt"
)

func (s *ATStick) runOnce(context.Context) error {
	return fmt.Errorf("simulated modem %s: pseudo-terminals: %w on this system", s.Link, errors.ErrUnsupported)
}
