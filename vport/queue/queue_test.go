package queue_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"meterline/vport"
	"meterline/vport/queue"
	"meterline/vport/vporttest"
)

type visit struct{}

// bench is a queue and what has come out of it.
type bench struct {
	*queue.Queue[visit]
	got []string
}

func newBench() *bench {
	b := new(bench)
	b.Queue = queue.New[visit]("meter", func(open bool) { b.got = append(b.got, fmt.Sprint("open ", open)) })
	b.SetSignal(func(s vport.Signal) { b.got = append(b.got, vporttest.Describe(s)) })
	return b
}

func (b *bench) take(p []byte) bool {
	b.got = append(b.got, string(p))
	return true
}

func (b *bench) put(pieces ...queue.Piece[visit]) {
	b.Lock()
	defer b.Unlock()
	b.Put(pieces...)
}

func (b *bench) wants(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(b.got, want) {
		t.Errorf("%q, want %q", b.got, want)
	}
	b.got = nil
}

func TestOrder(t *testing.T) {
	b, v := newBench(), new(visit)
	set := vport.Settings{Speed: 9600, DataBits: 7, Parity: 3, StopBits: 1}
	b.put(
		queue.Piece[visit]{By: v, Came: true}, queue.Piece[visit]{By: v, Data: []byte("a")},
		queue.Piece[visit]{By: v, Signal: vport.Signal{Kind: vport.SignalSettings, Settings: set}}, queue.Piece[visit]{By: v, Data: []byte("b")},
	)
	if !b.CatchUp(b.take, nil) {
		t.Error("nobody else is at it")
	}
	b.wants(t, "open true", "a", set.String(), "b")
	if b.Announced() != v || b.Settings() != set {
		t.Errorf("%v, %v", b.Announced(), b.Settings())
	}
	b.put(queue.Piece[visit]{By: v, Left: true})
	b.CatchUp(b.take, nil)
	b.wants(t, "open false")
	if b.Announced() != nil || b.Settings() != (vport.Settings{}) {
		t.Errorf("%v, %v after it has left", b.Announced(), b.Settings())
	}
}

func TestCatchUpFetches(t *testing.T) {
	b := newBench()
	b.put(queue.Piece[visit]{Data: []byte("old")})
	fetched := true
	fetch := func() bool {
		b.put(queue.Piece[visit]{Data: []byte("new")})
		return fetched
	}
	if !b.CatchUp(b.take, fetch) {
		t.Error("it has not caught up")
	}
	b.wants(t, "old", "new")
	if fetched = false; b.CatchUp(b.take, fetch) {
		t.Error("it has caught up without having looked")
	}
	b.wants(t)
	// While something is handed over, nobody else hands over.
	_ = b.Receive(func([]byte) bool { // returns nil, since its function wants no more
		if b.CatchUp(b.take, nil) {
			t.Error("two hand over at a time")
		}
		return false
	})
}

func TestFull(t *testing.T) {
	b := newBench()
	b.put(queue.Piece[visit]{Data: make([]byte, 64<<10-1)})
	if b.IsFull() {
		t.Error("there is room for a byte")
	}
	b.put(queue.Piece[visit]{Data: []byte("x")})
	if !b.IsFull() {
		t.Error("there is room")
	}
	b.CatchUp(func([]byte) bool { return false }, nil)
	if b.IsFull() {
		t.Error("there is no room behind what was handed over")
	}
}

func TestReceiveEnds(t *testing.T) {
	errTest := errors.New("error of the test")
	for want, end := range map[error]func(*bench){
		os.ErrClosed:           func(b *bench) { b.Close() },
		os.ErrDeadlineExceeded: func(b *bench) { b.ReadAt = time.Now().Add(time.Second); b.Wake() },
		errTest:                func(b *bench) { b.Fail(errTest) },
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench()
			b.put(queue.Piece[visit]{Data: []byte("a")})
			ended := make(chan error, 1)
			go func() { ended <- b.Receive(b.take) }()
			synctest.Wait()
			b.wants(t, "a")
			b.Lock()
			end(b)
			b.Unlock()
			if err := <-ended; !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		})
	}
}

func TestFailureComesBehindTheQueue(t *testing.T) {
	b, errTest := newBench(), errors.New("error of the test")
	b.put(queue.Piece[visit]{Data: []byte("a")})
	b.Lock()
	b.Fail(errTest)
	b.Unlock()
	if err := b.Receive(b.take); !errors.Is(err, errTest) {
		t.Error(err)
	}
	b.wants(t, "a")
}
