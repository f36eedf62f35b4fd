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
	// logLook is how often the file is looked at: one that was moved or removed is made anew, so that logrotate needs to tell
	// nobody.
	logLook = time.Second
	// logRetry is the pause after a fault, while records go elsewhere.
	logRetry = 5 * time.Second
)

// logFile is the daemon's log on disk. Full, it becomes path.1, what was that becomes path.2, and so on up to keep. A disk
// that is full, or a file that is lost, stops nobody: records go to spare until it is better. Writers of libraries keep a
// goroutine that nothing ends, or give up on a file that a viewer has open, or never notice that it was moved away.
type logFile struct {
	path  string
	limit int64
	keep  int
	spare io.Writer

	mu    sync.Mutex
	file  *os.File // nil while there is none
	real  string   // where it stands, when the links in path are followed
	size  int64
	full  int64                    // the size at which it is full; beyond limit where it could not be moved aside
	look  time.Time                // not before then
	fault atomic.Pointer[logFault] // nil: the last record was written
}

func newLogFile(path string, limit int64, keep int, spare io.Writer) *logFile {
	return &logFile{path: path, limit: limit, keep: keep, spare: spare}
}

// Write takes one record. It answers for all of p: there is nobody who could do something about a fault but the operator, who
// is told by way of spare.
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

// Close lets the file go. A record that comes later opens it again.
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

// ready sees to it that the file is open, is still the one at path, and has room for n bytes more.
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

// moved reports whether another file, or none, stands at the path by now.
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

// rotate moves the full file aside and begins a new one. Where that is refused, as on Windows while a viewer has it open,
// the old one goes on, and it is tried again a tenth later.
func (l *logFile) rotate() error {
	l.drop() // Windows renames no open file
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

// old is the path of the file that was moved aside i times.
func (l *logFile) old(i int) string { return fmt.Sprintf("%s.%d", l.real, i) }

// drop gives the file up; its last write has told what there is to tell.
func (l *logFile) drop() {
	_ = l.file.Close()
	l.file = nil
}

// logFault is why the file takes nothing.
type logFault struct {
	err   error
	since time.Time
}

// problem is what an operator should know, empty if all is well. It does not wait for a write under way.
func (l *logFile) problem() (text string, since time.Time) {
	if f := l.fault.Load(); f != nil {
		return fmt.Sprintf("it goes to standard error: %v", f.err), f.since
	}
	return "", time.Time{}
}

// fails tells of a fault once, until a record has been written again.
func (l *logFile) fails(err error) {
	l.look = time.Now().Add(logRetry)
	if l.fault.CompareAndSwap(nil, &logFault{err, time.Now()}) {
		fmt.Fprintf(l.spare, "meterline: log_file: %v\n", err)
	}
}
