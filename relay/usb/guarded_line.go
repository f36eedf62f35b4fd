package usb

import (
	"errors"
	"os"
	"sync"
	"time"
)

// blockingPort is a serial port whose calls may block, perhaps for ever: that of go.bug.st/serial.
type blockingPort interface {
	Read(p []byte) (int, error) // (0, nil) after its own time-out
	Write(p []byte) (int, error)
	Close() error
	SetDTR(on bool) error
	Carrier() (bool, error)
}

// guardedLine makes a serialLine of a blockingPort. A goroutine of its own writes. When a write's time is over it goes on by
// itself, and its bytes count as written, since nobody can know how many of them the system has taken. Close waits neither for
// writes nor for reads.
type guardedLine struct {
	port blockingPort

	writes  chan []byte   // what is to be written
	written chan error    // the result; of capacity one
	quit    chan struct{} // closed by Close
	begun   bool          // by the first Write; guarded by writing
	workers sync.WaitGroup
	reading chan struct{} // holds a token while port.Read is called

	writing sync.Mutex // held by Write

	mu     sync.Mutex
	by     time.Time     // the write deadline
	moved  chan struct{} // closed, and made anew, when by changes
	closed bool
	behind bool // a write is in progress that was not waited for
}

// guardPiece is how much is written at a time.
const guardPiece = 256

func guard(port blockingPort) *guardedLine {
	return &guardedLine{
		port: port, writes: make(chan []byte), written: make(chan error, 1), quit: make(chan struct{}), moved: make(chan struct{}),
		reading: make(chan struct{}, 1),
	}
}

// write is the writing goroutine: it writes one piece after the other until Close.
func (g *guardedLine) write() {
	for {
		select {
		case p := <-g.writes:
			_, err := g.port.Write(p)
			g.written <- err
		case <-g.quit:
			return
		}
	}
}

func (g *guardedLine) Read(p []byte) (int, error) {
	for {
		if g.isClosed() {
			return 0, os.ErrClosed
		}
		g.reading <- struct{}{}
		n, err := g.port.Read(p)
		<-g.reading
		if n > 0 || err != nil {
			return n, err
		}
	}
}

func (g *guardedLine) Write(p []byte) (n int, err error) {
	g.writing.Lock()
	defer g.writing.Unlock()
	if g.isClosed() {
		return 0, os.ErrClosed
	}
	if !g.begun {
		g.begun = true
		g.workers.Go(g.write)
	}
	for n < len(p) {
		piece := append([]byte(nil), p[n:min(n+guardPiece, len(p))]...)
		if err := g.awaitWrite(); err != nil {
			return n, err
		}
		select {
		case g.writes <- piece: // the writer is idle
		case <-g.quit:
			return n, os.ErrClosed
		}
		n += len(piece)
		g.behind = true
		if err := g.awaitWrite(); err != nil {
			return n, err
		}
	}
	return n, nil
}

// awaitWrite waits for the write in progress, up to the deadline. The caller holds g.writing.
func (g *guardedLine) awaitWrite() error {
	for g.behind {
		g.mu.Lock()
		by, moved := g.by, g.moved
		g.mu.Unlock()
		var over <-chan time.Time
		if !by.IsZero() {
			timer := time.NewTimer(time.Until(by))
			defer timer.Stop()
			over = timer.C
		}
		select {
		case err := <-g.written:
			g.behind = false
			if err != nil {
				return err
			}
		case <-over:
			return os.ErrDeadlineExceeded
		case <-g.quit:
			return os.ErrClosed
		case <-moved:
		}
	}
	return nil
}

func (g *guardedLine) SetWriteDeadline(t time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return os.ErrClosed
	}
	g.by = t
	close(g.moved)
	g.moved = make(chan struct{})
	return nil
}

func (g *guardedLine) isClosed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

func (g *guardedLine) SetDTR(on bool) error   { return g.port.SetDTR(on) }
func (g *guardedLine) Carrier() (bool, error) { return g.port.Carrier() }

// Close stops the reading first: go.bug.st/serial frees its handle before it wakes a reader. The rest may take long with a sick
// device, and is not waited for beyond guardMost.
func (g *guardedLine) Close() error {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return os.ErrClosed
	}
	g.closed = true
	close(g.quit)
	g.mu.Unlock()
	done := make(chan error, 1)
	var closer sync.WaitGroup
	closer.Go(func() {
		g.reading <- struct{}{}
		defer func() { <-g.reading }()
		done <- g.port.Close()
		g.writing.Lock() // writers leave at once, and none begins any more
		begun := g.begun
		g.writing.Unlock()
		if begun {
			g.workers.Wait()
		}
	})
	timer := time.NewTimer(guardMost)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return errors.New("the port does not close: its driver hangs")
	}
}

// guardMost is how long a port may take to close.
const guardMost = 2 * time.Second
