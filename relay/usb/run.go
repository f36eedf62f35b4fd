package usb

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"meterline/relay/usb/at"
)

// serialLine is an open serial port. Its methods may be called by several goroutines.
type serialLine interface {
	// Read waits for bytes; Close wakes it.
	Read(p []byte) (int, error)
	// Write waits until all is taken, up to the write deadline, and returns how much was.
	Write(p []byte) (int, error)
	SetWriteDeadline(t time.Time) error
	// SetDTR and Carrier return an error where there is no such wire.
	SetDTR(on bool) error
	Carrier() (on bool, err error)
	// Close closes the port. It drops what is unsent, and does not wait.
	Close() error
}

// unsentTeller is implemented by lines whose system says how many bytes are still to be sent.
type unsentTeller interface{ Unsent() int }

// Times of a modem at work.
const (
	writeWait   = 2 * time.Second        // for the system to take what is written
	carrierPoll = 200 * time.Millisecond // between two checks of DCD in a call
	drainMost   = 2 * time.Second        // for the last bytes of a call to leave
	drainPoll   = 20 * time.Millisecond
	leaveMost   = 15 * time.Second // to hang up when meterline is stopped
	readerMost  = 3 * time.Second  // for a read to notice that the port is closed
)

// life is a plugged-in modem from the opening of its port to its closing. One goroutine does everything except reading.
type life struct {
	m      *Modem
	line   serialLine
	driver *at.Driver
	dcd    bool // the port has DCD

	chunks  chan []byte // from the reading goroutine
	quit    chan struct{}
	readErr error // why chunks was closed

	job     *job            // in progress, nil if there is none
	stop    <-chan struct{} // the job's stop, until the job is aborted
	call    *modemConn      // the data call, until it ends
	closed  <-chan struct{} // closed by the call's owner
	drainBy time.Time       // the call was closed, and its last bytes must have left by then; zero: not so
	asking  bool            // the operation in progress is our own
	gavePIN bool            // the SIM has been given its PIN
	claimed bool            // the job, or the call that it led to, has the modem
	ready   bool            // it has been ready once
	leaving time.Time       // ctx has ended, and the life must end by then; zero: not so
	refresh time.Time
	err     error // why the life has ended
	over    bool
}

func newLife(m *Modem, line serialLine) *life {
	l := &life{m: m, line: line, chunks: make(chan []byte), quit: make(chan struct{})}
	c := m.AT
	_, err := line.Carrier()
	l.dcd = err == nil
	c.DTR = l.dcd && line.SetDTR(true) == nil
	c.PINBarred = m.wasRefused
	l.driver = at.New(c)
	return l
}

// run lives the whole life. It returns nil if ctx has ended.
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
	_ = l.line.Close() // the line is of no further use
	waitAtMost(&reader, readerMost)
	return l.err
}

// waitAtMost waits for goroutines for a limited time. A sick device may hold them for ever; then they are left behind.
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

// turn waits for the next event, and handles it.
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
		l.doDue()
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
		l.shutDown()
	}
}

// busy reports whether the modem is not idle.
func (l *life) busy() bool {
	return l.job != nil || l.asking || l.call != nil || !l.leaving.IsZero()
}

// due returns when doDue has something to do.
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

// doDue does what depends on time only.
func (l *life) doDue() {
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
