package usb

import (
	"errors"
	"fmt"
)

// Check returns what would keep a Modem with this selector from working now: its device is not plugged in, cannot be told from
// another one, is held by another program, or may not be used. It opens nothing: opening alone raises DTR, and may end a call.
func (s Selector) Check() error { return s.check(List) }

func (s Selector) check(list func() ([]Device, error)) error {
	if err := s.Validate(); err != nil {
		return err
	}
	ports, err := s.find(list)
	if errors.Is(err, ErrAbsent) {
		return fmt.Errorf("%w (meterline usb lists what is plugged in)", err)
	}
	if err != nil {
		return err
	}
	for _, p := range ports {
		if err := obstacle(p); err != nil {
			return fmt.Errorf("%v: %w", p, err)
		}
	}
	return nil
}
