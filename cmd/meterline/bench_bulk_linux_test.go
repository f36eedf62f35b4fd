package main_test

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// transfer sends one way for some time, and then waits until all has arrived.
type transfer struct {
	piece  int
	inward bool // from the far end to the program
	lasts  time.Duration
}

func (t transfer) String() string {
	if t.inward {
		return fmt.Sprintf("in_%d_B", t.piece)
	}
	return fmt.Sprintf("out_%d_B", t.piece)
}

func (t transfer) run(r *rival) (finding, error) {
	watchdog := time.AfterFunc(t.lasts+patience, func() { end(r.pids) })
	defer watchdog.Stop()
	from, to := r.circuits[0].near, r.circuits[0].far
	if t.inward {
		from, to = to, from
	}
	var total atomic.Int64
	total.Store(math.MaxInt64) // not known yet
	cpu, begun := cpuTime(r.pids), time.Now()
	var wg sync.WaitGroup
	var sendErr error
	wg.Go(func() { sendErr = t.send(from, &total) })
	got, err := receive(to, &total)
	used, lasted := cpuTime(r.pids)-cpu, time.Since(begun)
	if err != nil {
		end(r.pids)
	}
	wg.Wait()
	mb := float64(got) / 1e6
	return finding{speed: mb / lasted.Seconds(), cpu: used.Seconds() * 1e6 / mb}, errors.Join(err, sendErr)
}

// send tells the total before the last piece, so that who receives that piece knows it to be the last.
func (t transfer) send(fd int, total *atomic.Int64) error {
	p := make([]byte, t.piece)
	for i := range p {
		p[i] = byte(i)
	}
	sent, end := int64(0), time.Now().Add(t.lasts)
	for last := false; !last; {
		sent += int64(len(p))
		if last = time.Now().After(end); last {
			total.Store(sent)
		}
		if err := write(fd, p); err != nil {
			return fmt.Errorf("send: %w", err)
		}
	}
	return nil
}

func receive(fd int, total *atomic.Int64) (got int64, err error) {
	buf := make([]byte, 64<<10)
	for got < total.Load() {
		n, err := read(fd, buf)
		if err != nil {
			return got, fmt.Errorf("receive: %w", err)
		}
		got += int64(n)
	}
	return got, nil
}
