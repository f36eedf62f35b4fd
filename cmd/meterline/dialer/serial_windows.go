package dialer

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/windows"
)

// devicePrefix begins the names of devices. Without it COM10 and above would be files.
const devicePrefix = `\\.\`

// OpenSerial opens a COM port as dialling programs do: raw, and with DTR on, so that closing it hangs up. On Windows no other program can
// open it meanwhile. It does not change the speed.
func OpenSerial(path string) (Port, error) {
	device, err := windows.UTF16PtrFromString(devicePrefix + strings.TrimPrefix(path, devicePrefix))
	if err != nil {
		return nil, fmt.Errorf("port %q: %w", path, err)
	}
	h, err := windows.CreateFile(device, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OVERLAPPED, 0)
	switch {
	case errors.Is(err, windows.ERROR_FILE_NOT_FOUND), errors.Is(err, windows.ERROR_PATH_NOT_FOUND):
		return nil, fmt.Errorf("no port %s: Windows has no COM port of this name", path)
	case errors.Is(err, windows.ERROR_ACCESS_DENIED), errors.Is(err, windows.ERROR_SHARING_VIOLATION):
		return nil, fmt.Errorf("port %s is busy: another program has it open", path)
	case err != nil:
		return nil, fmt.Errorf("open the port %s: %w", path, err)
	}
	if err := makeRaw(h); err != nil {
		return nil, errors.Join(fmt.Errorf("port %s: %w", path, err), windows.CloseHandle(h))
	}
	return os.NewFile(uintptr(h), path), nil
}

// gapEnds is the silence that ends a read after the first byte.
const gapEnds = 10 * time.Millisecond

// makeRaw makes all bytes pass unaltered, with 8 bits. A read waits for the first byte without a time-out, because Go has deadlines of its own.
func makeRaw(h windows.Handle) error {
	var d windows.DCB
	if err := windows.GetCommState(h, &d); err != nil {
		return fmt.Errorf("it is no serial port: %w", err)
	}
	const binary = 1 // the only way that Windows knows (winbase.h, DCB)
	d.Flags = binary | windows.DTR_CONTROL_ENABLE | windows.RTS_CONTROL_ENABLE
	d.ByteSize, d.Parity, d.StopBits = 8, windows.NOPARITY, windows.ONESTOPBIT
	if err := windows.SetCommState(h, &d); err != nil {
		return fmt.Errorf("set it raw: %w", err)
	}
	if err := windows.SetCommTimeouts(h, &windows.CommTimeouts{ReadIntervalTimeout: uint32(gapEnds / time.Millisecond)}); err != nil {
		return fmt.Errorf("set its time-outs: %w", err)
	}
	return nil
}
