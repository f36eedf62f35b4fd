//go:build !linux

package usb

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"go.bug.st/serial"
)

// bugstPort makes a blockingPort of a port of go.bug.st/serial.
type bugstPort struct{ serial.Port }

func (p bugstPort) Carrier() (bool, error) {
	bits, err := p.GetModemStatusBits()
	if err != nil {
		return false, err
	}
	return bits.DCD, nil
}

// openMost is how long a port may take to open.
const openMost = 10 * time.Second

// opening has the ports that are being opened, so that a driver that hangs does not pile up goroutines.
var opening sync.Map

// openSerial opens a port for us alone, raw, 8N1, by go.bug.st/serial. Each of its calls is waited for with a limit. It has no
// hardware flow control.
func openSerial(path string, speed int, rtscts bool) (serialLine, error) {
	if rtscts {
		return nil, fmt.Errorf("hardware flow control: %w on this system", errors.ErrUnsupported)
	}
	if _, still := opening.LoadOrStore(path, true); still {
		return nil, errors.New("its driver hangs: it still opens or closes it, since some time")
	}
	type result struct {
		line serialLine
		err  error
	}
	done, gone := make(chan result), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		defer opening.Delete(path)
		line, err := openBugst(path, speed)
		select {
		case done <- result{line, err}:
		case <-gone:
			if err == nil {
				_ = line.Close() // too late for anybody
			}
		}
	})
	timer := time.NewTimer(openMost)
	defer timer.Stop()
	select {
	case r := <-done:
		group.Wait()
		return r.line, r.err
	case <-timer.C:
		close(gone)
		return nil, fmt.Errorf("its driver does not open it within %v", openMost)
	}
}

func openBugst(path string, speed int) (serialLine, error) {
	port, err := serial.Open(path, &serial.Mode{BaudRate: speed, DataBits: 8})
	if e, ok := errors.AsType[*serial.PortError](err); ok {
		switch e.Code() {
		case serial.PortBusy:
			return nil, ErrHeld
		case serial.PortNotFound:
			return nil, fmt.Errorf("%w: %w", ErrAbsent, err)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := port.SetReadTimeout(readPoll); err != nil {
		return nil, errors.Join(err, port.Close())
	}
	return guard(bugstPort{port}), nil
}

// readPoll is how often a read checks whether the port is to be closed.
const readPoll = 100 * time.Millisecond
