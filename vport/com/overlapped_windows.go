package com

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// operation is one overlapped request at a time. It contains everything that the system writes into during the request. An
// operation is on the heap, where nothing moves; a caller's variable would be on its stack, which Go moves.
type operation struct {
	ov   windows.Overlapped
	buf  []byte
	mask uint32 // what WaitCommEvent has seen
}

// room makes buf n bytes long.
func (o *operation) room(n int) {
	if cap(o.buf) < n {
		o.buf = make([]byte, n)
	}
	o.buf = o.buf[:n]
}

// run begins a request and waits for its end. The request ends by itself, or by the events stop or, if that is not 0, hold.
// Then run returns what had been done until then; after stop with os.ErrClosed.
func (o *operation) run(handle, stop, hold windows.Handle, begin func(*operation) error) (int, error) {
	ends := []windows.Handle{o.ov.HEvent, stop}
	if hold != 0 {
		ends = append(ends, hold)
	}
	switch err := begin(o); {
	case errors.Is(err, windows.ERROR_IO_PENDING):
		which, err := windows.WaitForMultipleObjects(ends, false, windows.INFINITE)
		if err != nil || which != windows.WAIT_OBJECT_0 {
			_ = windows.CancelIoEx(handle, &o.ov) // if it fails there is nothing left to cancel
		}
	case err != nil:
		return 0, err
	}
	var done uint32
	err := windows.GetOverlappedResult(handle, &o.ov, &done, true)
	stopped, _ := windows.WaitForSingleObject(stop, 0)
	switch {
	case stopped == windows.WAIT_OBJECT_0:
		return int(done), os.ErrClosed
	case errors.Is(err, windows.ERROR_OPERATION_ABORTED), timedOut(err):
		return int(done), nil
	case err != nil:
		return int(done), fmt.Errorf("wait for the driver: %w", err)
	}
	return int(done), nil
}

// timedOut reports whether err is one of the port's own time-outs, which Windows takes for success and Wine for a failure.
func timedOut(err error) bool {
	return errors.Is(err, windows.WAIT_TIMEOUT) || errors.Is(err, windows.ERROR_TIMEOUT) || errors.Is(err, windows.ERROR_SEM_TIMEOUT)
}
