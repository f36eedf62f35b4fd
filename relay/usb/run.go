package usb

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"meterline/relay/usb/at"
)

// serialLine is an open serial port. Its calls may come from several goroutines.
type serialLine interface {
	// Read waits for bytes; Close wakes it.
	Read(p []byte) (int, error)
	// Write waits until all is taken, or up to the write deadline, and says how much was.
	Write(p []byte) (int, error)
	SetWriteDeadline(t time.Time) error
	// SetDTR and Carrier answer with an error where there is no such wire.
	SetDTR(on bool) error
	Carrier() (on bool, err error)
	// Close gives the port back. It drops what is unsent, and does not wait.
	Close() error
}

// unsentTeller is implemented by lines of which the system tells how many bytes it has still to send.
type unsentTeller interface{ Unsent() int }

// Times of a modem at work.
const (
	writeWait   = 2 * time.Second        // for what is written to be taken by the system
	carrierPoll = 200 * time.Millisecond // between two looks at DCD in a call
	drainMost   = 2 * time.Second        // for the tail of a call to leave
	drainPoll   = 20 * time.Millisecond
	leaveMost   = 15 * time.Second // to hang up when meterline is stopped
	readerMost  = 3 * time.Second  // for a read to notice that the port is closed
)

// life is a plugged-in modem from the opening of its port to its closing. One goroutine does everything but reading.
type life struct {
	m      *Modem
	line   serialLine
	driver *at.Driver
	dcd    bool // the port has it

	chunks  chan []byte // from the reader
	quit    chan struct{}
	readErr error // why chunks was closed

	job     *job            // under way
	stop    <-chan struct{} // its end, until it is aborted
	call    *modemConn      // the data call, until its end
	closed  <-chan struct{} // by the call's owner
	drainBy time.Time       // the call was closed, and its tail is leaving; zero: no
	asking  bool            // the operation under way is ours
	gavePIN bool            // the SIM has been given its PIN
	claimed bool            // job, or the call that came of it, has the modem
	ready   bool            // it was, once
	leaving time.Time       // ctx has ended, and by then it must be over; zero: no
	refresh time.Time
	err     error // why the life is over
	over    bool
}

func newLife(m *Modem, line serialLine) *life {
	l := &life{m: m, line: line, chunks: make(chan []byte), quit: make(chan struct{})}
	c := m.AT
	_, err := line.Carrier()
	l.dcd = err == nil
	c.DTR = l.dcd && line.SetDTR(true) == nil
	c.PINUsed = m.wasRefused
	l.driver = at.New(c)
	return l
}

// run is the whole life. nil: ctx has ended.
func (l *life) run(ctx context.Context) error {
	var reader sync.WaitGroup
	reader.Go(l.read)
	l.begin(at.Init{})
	for !l.over {
		l.turn(ctx)
	}
	if l.call != nil {
		l.call.fail(l.err)
		l.call.release()
	}
	if l.job != nil {
		l.job.deliver(outcome{err: l.err})
	}
	close(l.quit)
	_ = l.line.Close() // nothing more is wanted of it
	waitAtMost(&reader, readerMost)
	return l.err
}

// waitAtMost waits for goroutines that a sick device may hold for ever; then they are left to it.
func waitAtMost(group *sync.WaitGroup, most time.Duration) {
	done := make(chan struct{})
	var waiter sync.WaitGroup
	waiter.Go(func() { group.Wait(); close(done) })
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-done:
		waiter.Wait()
	case <-timer.C:
	}
}

// read passes on what comes in.
func (l *life) read() {
	defer close(l.chunks)
	for {
		buf := make([]byte, 2<<10)
		n, err := l.line.Read(buf)
		if n > 0 {
			select {
			case l.chunks <- buf[:n]:
			case <-l.quit:
				return
			}
		}
		if err != nil {
			l.readErr = err
			return
		}
	}
}

// turn waits for the next thing to happen, and does it.
func (l *life) turn(ctx context.Context) {
	timer := time.NewTimer(time.Until(l.due()))
	defer timer.Stop()
	chunks, jobs, end := l.chunks, l.m.work(), ctx.Done()
	var room chan struct{}
	if l.call != nil && l.call.full() {
		chunks, room = nil, l.call.room
	}
	if l.busy() || !l.ready {
		jobs = nil
	}
	if !l.leaving.IsZero() {
		end = nil
	}
	select {
	case p, open := <-chunks:
		if !open {
			l.end(fmt.Errorf("%w: %w", ErrUnplugged, l.readErr))
			return
		}
		l.apply(l.driver.Feed(p, time.Now()))
	case <-timer.C:
		l.lookAround()
	case j := <-jobs:
		l.accept(j)
	case <-l.stop:
		l.stop = nil
		l.apply(l.driver.Abort(time.Now()))
	case <-l.closed:
		l.closed, l.drainBy = nil, time.Now().Add(drainMost)
		l.m.set(Ending, nil)
	case <-room:
	case <-end:
		l.leave()
	}
}

// busy reports whether the modem is not at rest.
func (l *life) busy() bool {
	return l.job != nil || l.asking || l.call != nil || !l.leaving.IsZero()
}

// due is when lookAround has something to do.
func (l *life) due() time.Time {
	next := time.Now().Add(time.Hour)
	sooner := func(t time.Time) {
		if !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	sooner(l.driver.Due())
	sooner(l.leaving)
	if !l.busy() {
		sooner(l.refresh)
		if l.driver.Stored() {
			sooner(time.Now())
		}
	}
	if l.dcd && l.driver.InCall() {
		sooner(time.Now().Add(carrierPoll))
	}
	if !l.drainBy.IsZero() {
		sooner(time.Now().Add(drainPoll))
	}
	return next
}

// lookAround does what time alone brings.
func (l *life) lookAround() {
	now := time.Now()
	l.apply(l.driver.Tick(now))
	l.lookAtCarrier(now)
	switch {
	case l.over:
	case !l.leaving.IsZero() && !now.Before(l.leaving):
		l.end(errors.New("it could not be brought to rest in time"))
	case !l.drainBy.IsZero() && l.drained(now):
		l.drainBy = time.Time{}
		l.hangUp()
	case !l.busy() && l.driver.Stored():
		l.asking = true
		l.start(at.Fetch{})
	case !l.busy() && !now.Before(l.refresh):
		l.asking = true
		l.start(at.Info{})
	}
}

func (l *life) lookAtCarrier(now time.Time) {
	if !l.dcd || l.over {
		return
	}
	on, err := l.line.Carrier()
	if err == nil {
		l.apply(l.driver.Carrier(on, now))
	}
}

// drained reports whether what was written in a call has left.
func (l *life) drained(now time.Time) bool {
	t, ok := l.line.(unsentTeller)
	unsent := ok && t.Unsent() > 0
	return !now.Before(l.drainBy) || !unsent && !now.Before(l.call.sent())
}
