package bridge

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// guardFar is a meter that answers one request after the other, late at times, and in pieces.
type guardFar struct {
	guardKind
	guardCount
	ln        net.Listener
	random    *rand.Rand
	echoes    bool         // the line returns what it is sent
	tight     bool         // it answers within milliseconds
	disturbed atomic.Int64 // when its session was last ended on purpose
	log       guardLog

	mu      sync.Mutex
	ops     []guardOp // the latest that its program has written or is about to
	pending int       // requests that have come and are not answered yet
	last    time.Time // when it said or heard anything
	answers map[string]time.Time
}

func (f *guardFar) register(op guardOp) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.ops); n == 0 || !bytes.Equal(f.ops[n-1].text, op.text) {
		f.ops = append(f.ops, op)
	}
	f.ops = f.ops[max(0, len(f.ops)-8):]
	delete(f.answers, string(op.text))
}

// quiet reports whether no request is being answered.
func (f *guardFar) quiet() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pending == 0
}

// said is when the answer to op was written whole; zero: it was not.
func (f *guardFar) said(op guardOp) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.answers[string(op.text)]
}

// run takes calls until ctx ends.
func (f *guardFar) run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { _ = f.ln.Close() })
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		conn, err := f.ln.Accept()
		if err != nil {
			return
		}
		wg.Go(func() { f.serve(ctx, conn) })
	}
}

// serve reads requests, and answers them in order.
func (f *guardFar) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	work := make(chan guardWork, 64)
	var answering sync.WaitGroup
	answering.Go(func() { f.answer(conn, work) })
	defer answering.Wait()
	defer close(work)
	var has []byte
	buf := make([]byte, 512)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		has = append(has, buf[:n]...)
		f.log.note("meter: ← %q", buf[:n])
		if f.echoes {
			work <- guardWork{echo: bytes.Clone(buf[:n])}
		}
		for op, ok := f.take(&has); ok; op, ok = f.take(&has) {
			work <- guardWork{op: op}
		}
	}
}

// take finds the first known request in what has come.
func (f *guardFar) take(has *[]byte) (guardOp, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = time.Now()
	first, end := guardOp{}, len(*has)+1
	for _, op := range f.ops {
		if i := bytes.Index(*has, op.text); i >= 0 && i+len(op.text) < end {
			first, end = op, i+len(op.text)
		}
	}
	if first.text == nil {
		return first, false
	}
	*has = (*has)[end:]
	f.pending++
	return first, true
}

// guardWork is what a meter has to do: to answer op, or what the line returns in front of that.
type guardWork struct {
	op   guardOp
	echo []byte
}

// answer answers within guardAnswer, but for some that are lost.
func (f *guardFar) answer(conn net.Conn, work <-chan guardWork) {
	for w := range work {
		if w.echo != nil {
			f.log.note("line: → %q", w.echo)
			_, _ = conn.Write(w.echo) // the session may have ended
			continue
		}
		op := w.op
		f.mu.Lock()
		wait := time.Duration(f.random.IntN(3000)) * time.Microsecond
		if f.random.IntN(3) == 0 {
			wait = time.Duration(f.random.Int64N(int64(guardAnswer)))
		}
		lost, cut := f.random.IntN(200) == 0, len(op.answer)
		if f.tight {
			wait, lost = min(wait, time.Duration(f.random.IntN(3000))*time.Microsecond), false
		} else if f.random.IntN(3) == 0 {
			cut = 1 + f.random.IntN(len(op.answer)-1)
		}
		f.mu.Unlock()
		time.Sleep(wait)
		if !lost {
			f.log.note("meter: → %q", op.answer[:cut])
			_, _ = conn.Write(op.answer[:cut]) // the session may have ended
			if cut < len(op.answer) {
				time.Sleep(wait / 3)
				f.log.note("meter: → %q", op.answer[cut:])
				_, _ = conn.Write(op.answer[cut:])
			}
		}
		f.mu.Lock()
		f.pending--
		f.last = time.Now()
		if !lost {
			if f.answers == nil {
				f.answers = make(map[string]time.Time)
			}
			f.answers[string(op.text)] = f.last
		}
		f.mu.Unlock()
	}
}
