package dialer

import (
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	kernel32         = windows.NewLazySystemDLL("kernel32.dll")
	peekConsoleInput = kernel32.NewProc("PeekConsoleInputW")
	readConsoleInput = kernel32.NewProc("ReadConsoleInputW")
	peekNamedPipe    = kernel32.NewProc("PeekNamedPipe")
)

// rawTerminal makes a console pass on each key as it is typed, until restore is called. It returns false if f is no console.
func rawTerminal(f *os.File) (restore func(), is bool) {
	h := windows.Handle(f.Fd())
	var before uint32
	if windows.GetConsoleMode(h, &before) != nil {
		return nil, false
	}
	raw := before &^ (windows.ENABLE_LINE_INPUT | windows.ENABLE_ECHO_INPUT | windows.ENABLE_PROCESSED_INPUT)
	if windows.SetConsoleMode(h, raw) != nil {
		return nil, false
	}
	_ = windows.SetConsoleMode(h, raw|windows.ENABLE_VIRTUAL_TERMINAL_INPUT) // not on old systems, where arrow keys do not work then
	return func() { _ = windows.SetConsoleMode(h, before) }, true            // the console may be gone
}

// pipeLook is how often a pipe is checked for bytes: Windows cannot wait for that.
const pipeLook = 10 * time.Millisecond

// readable waits up to d until a console or a pipe has something to read, or has ended. For a file it returns true at once.
func readable(f *os.File, d time.Duration) bool {
	h := windows.Handle(f.Fd())
	var mode uint32
	isConsole := windows.GetConsoleMode(h, &mode) == nil
	if kind, err := windows.GetFileType(h); !isConsole && (err != nil || kind != windows.FILE_TYPE_PIPE) {
		return true
	}
	for end := time.Now().Add(d); ; {
		if isConsole && keyWaits(h) || !isConsole && pipeHas(h) {
			return true
		}
		left := time.Until(end)
		switch {
		case left <= 0:
			return false
		case !isConsole:
			time.Sleep(min(left, pipeLook))
		default:
			_, _ = windows.WaitForSingleObject(h, uint32(left/time.Millisecond)+1) // keyWaits finds out what woke it
		}
	}
}

// pipeHas reports whether a pipe has bytes, or has ended.
func pipeHas(h windows.Handle) bool {
	var n uint32
	ok, _, _ := peekNamedPipe.Call(uintptr(h), 0, 0, 0, uintptr(unsafe.Pointer(&n)), 0)
	return ok == 0 || n > 0
}

// inputRecord is INPUT_RECORD of Windows, with a KEY_EVENT_RECORD.
type inputRecord struct {
	kind, _                          uint16
	down                             int32
	repeat, virtualKey, scan, letter uint16
	state                            uint32
}

// keyWaits reports whether a console has a character to read. It removes all other events, such as the release of a key: a read would wait
// in spite of them.
func keyWaits(h windows.Handle) bool {
	const keyEvent = 1
	for {
		var r inputRecord
		var n uint32
		ok, _, _ := peekConsoleInput.Call(uintptr(h), uintptr(unsafe.Pointer(&r)), 1, uintptr(unsafe.Pointer(&n)))
		switch {
		case ok == 0:
			return true // the read will return the error
		case n == 0:
			return false
		case r.kind == keyEvent && r.down != 0 && r.letter != 0:
			return true
		}
		if ok, _, _ := readConsoleInput.Call(uintptr(h), uintptr(unsafe.Pointer(&r)), 1, uintptr(unsafe.Pointer(&n))); ok == 0 {
			return true
		}
	}
}
