package daemon

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// logLook is how often it is checked whether the file was moved or removed. It is then made again, so that logrotate need not signal
	// anybody.
	logLook = time.Second
	// logRetry is the pause after an error, during which records go to spare.
	logRetry = 5 * time.Second
)

// logFile is the daemon's log on disk. When it is full it is renamed to path.1, path.1 to path.2, and so on up to keep. If it cannot be
// written, records go to spare until it can.
//
// It is our own because the libraries for this leave a goroutine behind, or fail if a viewer has the file open, or do not notice that the
// file was moved.
type logFile struct {
	path  string
	limit int64
	keep  int
	spare io.Writer

	mu    sync.Mutex
	file  *os.File // nil while there is none
	real  string   // its path, with all links followed
	size  int64
	full  int64                    // the size at which it is rotated; more than limit if it could not be
	look  time.Time                // when to check it, or try to open it, next
	fault atomic.Pointer[logFault] // nil: the last record was written
}

func newLogFile(path string, limit int64, keep int, spare io.Writer) *logFile {
	return &logFile{path: path, limit: limit, keep: keep, spare: spare}
}

// Write writes one record. It always returns len(p): only the operator could do something about an error, and spare tells him.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.ready(time.Now(), int64(len(p))); err != nil {
		l.fails(err)
	}
	if l.file == nil {
		_, _ = l.spare.Write(p) // the last resort
		return len(p), nil
	}
	n, err := l.file.Write(p)
	l.size += int64(n)
	if err != nil {
		l.drop()
		l.fails(err)
		_, _ = l.spare.Write(p) // the last resort
		return len(p), nil
	}
	l.fault.Store(nil)
	return len(p), nil
}

// Close closes the file. A later record opens it again.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file, l.look = nil, time.Time{}
	return err
}

// ready makes sure that the file is open, is still the one at path, and has room for n more bytes.
func (l *logFile) ready(now time.Time, n int64) error {
	if l.file != nil && !now.Before(l.look) {
		l.look = now.Add(logLook)
		if l.moved() {
			l.drop()
			l.look = now
		}
	}
	if l.file == nil {
		if now.Before(l.look) {
			return nil
		}
		l.look = now.Add(logRetry)
		if err := l.open(); err != nil {
			return err
		}
		l.look = now.Add(logLook)
	}
	if l.size > 0 && l.size+n > l.full {
		return l.rotate()
	}
	return nil
}

// moved reports whether there is another file, or none, at the path.
func (l *logFile) moved() bool {
	there, err := os.Stat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	ours, ourErr := l.file.Stat()
	return err == nil && ourErr == nil && !os.SameFile(there, ours)
}

func (l *logFile) open() error {
	if err := os.MkdirAll(filepath.Dir(l.path), 0o755); err != nil {
		return err
	}
	file, err := openLogFile(l.path)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	l.file, l.real, l.size, l.full = file, file.Name(), info.Size(), l.limit
	if !info.Mode().IsRegular() {
		l.full = math.MaxInt64 // a device or a pipe is not moved aside
	}
	return nil
}

// rotate renames the full file, and begins a new one. If that fails, as on Windows while a viewer has the file open, the old file is used
// on, and rotating is tried again when it has grown by a tenth of the limit.
func (l *logFile) rotate() error {
	l.drop() // Windows does not rename open files
	err := l.shift()
	if openErr := l.open(); openErr != nil {
		return openErr
	}
	l.look = time.Now().Add(logLook)
	if err != nil {
		l.full = l.size + l.limit/10
		return fmt.Errorf("begin a new one: %w", err)
	}
	return nil
}

func (l *logFile) shift() error {
	if l.keep == 0 {
		return os.Remove(l.real)
	}
	for i := l.keep - 1; i > 0; i-- {
		if err := os.Rename(l.old(i), l.old(i+1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.Rename(l.real, l.old(1))
}

// old returns the path of the file that was rotated i times.
func (l *logFile) old(i int) string { return fmt.Sprintf("%s.%d", l.real, i) }

// drop closes the file; the error of its last write has been reported.
func (l *logFile) drop() {
	_ = l.file.Close()
	l.file = nil
}

// logFault is why the file cannot be written.
type logFault struct {
	err   error
	since time.Time
}

// problem returns what is wrong with the file, empty if nothing is. It does not wait for a write in progress.
func (l *logFile) problem() (text string, since time.Time) {
	if f := l.fault.Load(); f != nil {
		return fmt.Sprintf("it goes to standard error: %v", f.err), f.since
	}
	return "", time.Time{}
}

// fails reports an error to spare, once until a record has been written again.
func (l *logFile) fails(err error) {
	l.look = time.Now().Add(logRetry)
	if l.fault.CompareAndSwap(nil, &logFault{err, time.Now()}) {
		fmt.Fprintf(l.spare, "meterline: log_file: %v\n", err)
	}
}
