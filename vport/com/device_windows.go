package com

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/windows"

	"meterline/vport"
)

// pairEnd is our end of a pair. A thread waits for each operation, by WaitForMultipleObjects on the operation itself and on the
// events that end it.
type pairEnd struct {
	handle windows.Handle
	stop   windows.Handle // event: Close has begun
	hold   windows.Handle // event: no Write may go on

	using  sync.RWMutex // held for reading while the handles are used
	closed bool         // guarded by using
	ask    sync.Mutex   // one Control at a time

	reads, writes, events, asks operation

	patient bool // Read waits for bytes only
	woken   bool // WaitCommEvent reports bytes and lines
	burst   bool // the last Read had bytes
}

const (
	writeWithin = 500 * time.Millisecond // after so long a Write returns what was taken
	lookEvery   = 100 * time.Millisecond // after so long a Read returns, where nothing reports the lines
	gapEnds     = 5 * time.Millisecond   // the pause that ends a burst, where nothing reports the lines
	restFor     = 20 * time.Millisecond  // between reads that return at once with nothing
	deviceQueue = 16 << 10
)

// openPairEnd opens a COM port by its name, raw, with DTR and RTS on.
func openPairEnd(name string) (End, error) {
	path, err := windows.UTF16PtrFromString(`\\.\` + name)
	if err != nil {
		return End{}, fmt.Errorf("open %s: %w", name, err)
	}
	h, err := windows.CreateFile(path, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OVERLAPPED, 0)
	switch {
	case errors.Is(err, windows.ERROR_FILE_NOT_FOUND), errors.Is(err, windows.ERROR_PATH_NOT_FOUND):
		return End{}, fmt.Errorf("open %s: %w (%w)", name, ErrNoPair, err)
	case errors.Is(err, windows.ERROR_ACCESS_DENIED), errors.Is(err, windows.ERROR_SHARING_VIOLATION):
		return End{}, fmt.Errorf("open %s: %w (%w)", name, vport.ErrInUse, err)
	case err != nil:
		return End{}, fmt.Errorf("open %s: %w", name, err)
	}
	e := &pairEnd{handle: h}
	if err := e.begin(); err != nil {
		_ = e.release() // the first error counts
		return End{}, fmt.Errorf("open %s: %w", name, err)
	}
	return End{e, e}, nil
}

// begin makes the events and sets the port.
func (e *pairEnd) begin() error {
	for _, event := range []*windows.Handle{
		&e.stop, &e.hold, &e.reads.ov.HEvent, &e.writes.ov.HEvent, &e.events.ov.HEvent, &e.asks.ov.HEvent,
	} {
		h, err := windows.CreateEvent(nil, 1, 0, nil)
		if err != nil {
			return fmt.Errorf("make an event: %w", err)
		}
		*event = h
	}
	_ = windows.SetupComm(e.handle, deviceQueue, deviceQueue) // only a wish: it may fail
	var d windows.DCB
	if err := windows.GetCommState(e.handle, &d); err != nil {
		return fmt.Errorf("it is no COM port: %w", err)
	}
	const binary = 1 // the only mode that Windows has (winbase.h, DCB)
	d.Flags = binary | windows.DTR_CONTROL_ENABLE | windows.RTS_CONTROL_ENABLE
	d.BaudRate, d.ByteSize, d.Parity, d.StopBits = windows.CBR_115200, 8, windows.NOPARITY, windows.ONESTOPBIT
	if err := windows.SetCommState(e.handle, &d); err != nil {
		return fmt.Errorf("set it raw: %w", err)
	}
	// Where the lines are not reported, as on Wine's pseudo-terminals, a read without a time-out does not return either.
	const mask = windows.EV_RXCHAR | windows.EV_CTS | windows.EV_DSR | windows.EV_RLSD
	var lines uint32
	e.woken = windows.GetCommModemStatus(e.handle, &lines) == nil && windows.SetCommMask(e.handle, mask) == nil
	return e.timeouts()
}

// timeouts sets how Read waits: for bytes only, not at all, or for a while. A read without a limit would not return on Wine,
// but Wine does not know com0com's extension either.
func (e *pairEnd) timeouts() error {
	t := windows.CommTimeouts{WriteTotalTimeoutConstant: uint32(writeWithin.Milliseconds())}
	switch {
	case e.patient:
		t.ReadIntervalTimeout, t.ReadTotalTimeoutMultiplier, t.ReadTotalTimeoutConstant = math.MaxUint32, math.MaxUint32, math.MaxUint32-1
	case e.woken:
		t.ReadIntervalTimeout = math.MaxUint32
	default:
		t.ReadIntervalTimeout, t.ReadTotalTimeoutConstant = uint32(gapEnds.Milliseconds()), uint32(lookEvery.Milliseconds())
	}
	if err := windows.SetCommTimeouts(e.handle, &t); err != nil {
		return fmt.Errorf("set time-outs: %w", err)
	}
	return nil
}

// use keeps the handles open, unless the port is closed.
func (e *pairEnd) use() error {
	e.using.RLock()
	if e.closed {
		e.using.RUnlock()
		return os.ErrClosed
	}
	return nil
}

// Read waits for bytes.
func (e *pairEnd) Read(p []byte) (int, error) {
	if err := e.use(); err != nil {
		return 0, err
	}
	defer e.using.RUnlock()
	start := time.Now()
	n, err := e.readFile(p)
	if err != nil || n > 0 || e.burst {
		e.burst = n > 0
		return n, err
	}
	if !e.patient && e.woken {
		if e.wake(); !e.woken {
			return 0, e.timeouts()
		}
		n, err = e.readFile(p)
		e.burst = n > 0
		return n, err
	}
	if time.Since(start) < restFor/4 { // a driver that always returns at once must not keep a processor busy
		_, _ = windows.WaitForSingleObject(e.stop, uint32(restFor.Milliseconds()))
	}
	return 0, nil
}

func (e *pairEnd) readFile(p []byte) (int, error) {
	e.reads.room(len(p))
	n, err := e.reads.run(e.handle, e.stop, 0, func(o *operation) error { return windows.ReadFile(e.handle, o.buf, nil, &o.ov) })
	return copy(p, e.reads.buf[:n]), err
}

// wake waits for bytes or a change of the lines. If the driver does not report them, woken is false from then on.
func (e *pairEnd) wake() {
	_, err := e.events.run(e.handle, e.stop, 0, func(o *operation) error { return windows.WaitCommEvent(e.handle, &o.mask, &o.ov) })
	if err != nil {
		e.woken = false
	}
}

// Write waits until p has been taken, for half a second at most.
func (e *pairEnd) Write(p []byte) (int, error) {
	if err := e.use(); err != nil {
		return 0, err
	}
	defer e.using.RUnlock()
	if held, err := windows.WaitForSingleObject(e.hold, 0); err != nil || held == windows.WAIT_OBJECT_0 {
		return 0, err
	}
	e.writes.room(len(p))
	copy(e.writes.buf, p)
	return e.writes.run(e.handle, e.stop, e.hold, func(o *operation) error { return windows.WriteFile(e.handle, o.buf, nil, &o.ov) })
}

// Interrupt with true ends a Write in progress, and lets none begin until Interrupt with false.
func (e *pairEnd) Interrupt(on bool) {
	if e.use() != nil {
		return
	}
	defer e.using.RUnlock()
	if on {
		_ = windows.SetEvent(e.hold) // cannot fail with our own events
	} else {
		_ = windows.ResetEvent(e.hold)
	}
}

// Purge drops what has been written and not been taken.
func (e *pairEnd) Purge() error {
	if err := e.use(); err != nil {
		return err
	}
	defer e.using.RUnlock()
	if err := windows.PurgeComm(e.handle, windows.PURGE_TXABORT|windows.PURGE_TXCLEAR); err != nil {
		return fmt.Errorf("purge: %w", err)
	}
	return nil
}

// Patient lets Read wait for bytes only.
func (e *pairEnd) Patient() error {
	if err := e.use(); err != nil {
		return err
	}
	defer e.using.RUnlock()
	e.patient = true
	return e.timeouts()
}

// Close ends everything that waits, and closes the port.
func (e *pairEnd) Close() error {
	e.using.RLock()
	if !e.closed {
		_ = windows.SetEvent(e.stop)
	}
	e.using.RUnlock()
	e.using.Lock()
	defer e.using.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	return e.release()
}

// release closes all handles.
func (e *pairEnd) release() error {
	for _, event := range []windows.Handle{
		e.stop, e.hold, e.reads.ov.HEvent, e.writes.ov.HEvent, e.events.ov.HEvent, e.asks.ov.HEvent,
	} {
		if event != 0 {
			_ = windows.CloseHandle(event)
		}
	}
	if err := windows.CloseHandle(e.handle); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}
