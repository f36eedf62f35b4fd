package com

import (
	"fmt"

	"golang.org/x/sys/windows"

	"meterline/vport/com0com"
)

// Pending returns how many bytes are there to be read.
func (e *pairEnd) Pending() (int, error) {
	if err := e.use(); err != nil {
		return 0, err
	}
	defer e.using.RUnlock()
	var faults uint32
	var state windows.ComStat
	if err := windows.ClearCommError(e.handle, &faults, &state); err != nil {
		return 0, fmt.Errorf("ask what is to be read: %w", err)
	}
	return int(state.CBInQue), nil
}

// Status returns the modem lines.
func (e *pairEnd) Status() (com0com.Lines, error) {
	if err := e.use(); err != nil {
		return 0, err
	}
	defer e.using.RUnlock()
	var lines uint32
	if err := windows.GetCommModemStatus(e.handle, &lines); err != nil {
		return 0, fmt.Errorf("ask for the modem lines: %w", err)
	}
	return com0com.Lines(lines), nil //nolint:gosec // a byte of bits
}

// Control calls DeviceIoControl.
func (e *pairEnd) Control(code uint32, in, out []byte) (int, error) {
	if err := e.use(); err != nil {
		return 0, err
	}
	defer e.using.RUnlock()
	e.ask.Lock()
	defer e.ask.Unlock()
	e.asks.room(len(in) + len(out) + 1) // one more, so that it is not empty
	copy(e.asks.buf, in)
	answer := e.asks.buf[len(in):]
	n, err := e.asks.run(e.handle, e.stop, 0, func(o *operation) error {
		return windows.DeviceIoControl(e.handle, code, &o.buf[0], uint32(len(in)), &answer[0], uint32(len(out)), nil, &o.ov) //nolint:gosec // a few bytes
	})
	if err != nil {
		return 0, fmt.Errorf("control %#x: %w", code, err)
	}
	return copy(out, answer[:min(n, len(out))]), nil
}
