package vporttest

import (
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"meterline/vport"
)

// patience is how long a contract waits for what must come.
const patience = 20 * time.Second

// Make returns a port for one test, and a function that opens it as a program would. When the opened end or the port is closed, a
// read from the opened end must end with an error.
type Make func(t *testing.T, presence vport.Presence) (port vport.Port, open func() io.ReadWriteCloser)

// Contract checks what must hold for every kind of port that several programs may have open at once, as they may a terminal.
func Contract(t *testing.T, kind Make) {
	run(t, kind, append(slices.Clone(clauses), clause{"overlapping programs are one visit", overlap}))
}

// Exclusive checks what must hold for every kind of port that one program may have open at a time. What open returns for a
// second one is refused: its reads end.
func Exclusive(t *testing.T, kind Make) {
	run(t, kind, append(slices.Clone(clauses), clause{"a second program is refused while the first is there", second}))
}

type clause struct {
	name string
	test func(*bench)
}

func run(t *testing.T, kind Make, clauses []clause) {
	for _, c := range clauses {
		t.Run(c.name, func(t *testing.T) { c.test(newBench(t, kind)) })
	}
}

var clauses = []clause{
	{"a port that nobody has open takes nothing", nobody},
	{"nothing stale reaches the next program", nothingStale},
	{"a write ends with the program that it is for", writeEndsWithProgram},
	{"a full port blocks until the deadline and loses nothing", backPressure},
	{"a read deadline interrupts and can be taken back", readDeadline},
	{"close wakes Receive", closeWakesReceive},
	{"close wakes Write", closeWakesWrite},
	{"close hangs up and may be repeated", closeHangsUp},
	{"close from within Receive's function", closeInReceive},
	{"close from within presence", closeInPresence},
	{"bytes pass whole and in order, both ways at once", bothWays},
	{"the first request is never lost", firstRequest},
	{"Receive goes on where its function stopped", receiveGoesOn},
	{"presence alternates and follows the bytes", presenceFollows},
	{"a slow function delays the news of leaving, not of bytes", slowFunction},
	{"presence may write", writeInPresence},
	{"what nobody receives can be caught up with", catchUpAlone},
	{"catching up beside Receive loses nothing and keeps the order", catchUpBeside},
	{"nothing is written behind what the program has written unread", writeUnread},
}

// bench is a port under test, and what it has reported.
type bench struct {
	*testing.T
	port    vport.Port
	program func() io.ReadWriteCloser
	news    chan bool
	bytes   chan byte

	mu     sync.Mutex // presence may be called before Open has returned the port
	during func(open bool)

	reading sync.WaitGroup // goroutines that read and write in the background
	waiting sync.WaitGroup // goroutines that done waits for, the reading ones among them
}

func newBench(t *testing.T, kind Make) *bench {
	b := &bench{T: t, news: make(chan bool, 4096), bytes: make(chan byte, 1<<20), during: func(bool) {}}
	b.mu.Lock()
	b.port, b.program = kind(t, func(open bool) {
		b.mu.Lock()
		during := b.during
		b.mu.Unlock()
		during(open)
		b.news <- open
	})
	b.mu.Unlock()
	t.Cleanup(func() {
		if err := b.port.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		b.reading.Wait()
		b.waiting.Wait()
	})
	return b
}

// inPresence makes presence call f as well.
func (b *bench) inPresence(f func(open bool)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.during = f
}

// read receives into b.bytes in the background until the port is closed.
func (b *bench) read() {
	b.reading.Go(func() {
		err := b.port.Receive(func(p []byte) bool {
			for _, c := range p {
				b.bytes <- c
			}
			return true
		})
		b.wantClosed("Receive", err)
	})
}

func (b *bench) wantClosed(what string, err error) {
	b.Helper()
	if !errors.Is(err, os.ErrClosed) {
		b.Errorf("%s: %v, want os.ErrClosed", what, err)
	}
}

// await waits for the next value that the port reports.
func await[T comparable](b *bench, c <-chan T, want T) {
	b.Helper()
	select {
	case got := <-c:
		if got != want {
			b.Fatalf("%v, want %v", got, want)
		}
	case <-time.After(patience):
		b.Fatalf("%v has not come within %v", want, patience)
	}
}

func (b *bench) awaitBytes(want string) {
	b.Helper()
	late := time.After(patience)
	for i := range len(want) {
		select {
		case got := <-b.bytes:
			if got != want[i] {
				b.Fatalf("byte %d of %d: %q, want %q", i, len(want), got, want[i])
			}
		case <-late:
			b.Fatalf("only %d of %d bytes have come within %v", i, len(want), patience)
		}
	}
}

// done waits for f, which must end by itself.
func (b *bench) done(what string, f func()) {
	b.Helper()
	end := make(chan struct{})
	b.waiting.Go(func() {
		defer close(end)
		f()
	})
	select {
	case <-end:
	case <-time.After(patience):
		b.Fatalf("%s does not end", what)
	}
}

// open opens the port as a program, and waits until the port has reported it.
func (b *bench) open() io.ReadWriteCloser {
	b.Helper()
	g := b.program()
	await(b, b.news, true)
	return g
}

func (b *bench) leave(g io.Closer) {
	b.Helper()
	if err := g.Close(); err != nil {
		b.Fatal(err)
	}
}

// send writes all of s to w.
func (b *bench) send(w io.Writer, s string) {
	b.Helper()
	if n, err := io.WriteString(w, s); err != nil || n != len(s) {
		b.Fatalf("write %q: %d, %v", s, n, err)
	}
}

// expect reads exactly want on a program's side.
func (b *bench) expect(g io.Reader, want string) {
	b.Helper()
	b.done("read", func() {
		got := make([]byte, len(want))
		if n, err := io.ReadFull(g, got); err != nil || string(got) != want {
			b.Errorf("read %q, %v, want %q", got[:n], err, want)
		}
	})
}

// fill writes until the port is full, and returns what it took.
func (b *bench) fill() (taken []byte) {
	b.Helper()
	block := make([]byte, 4096)
	for {
		for i := range block {
			block[i] = byte((len(taken) + i) % 251)
		}
		if err := b.port.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			b.Fatal(err)
		}
		n, err := b.port.Write(block)
		taken = append(taken, block[:n]...)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) || len(taken) > 1<<20 {
			b.Fatalf("after %d bytes: %v, want os.ErrDeadlineExceeded", len(taken), err)
		}
		if err != nil && len(taken) > 0 {
			return taken
		}
	}
}
