package simulated

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"meterline/relay/profile/side"
	"meterline/relay/simulated/meters"
	"meterline/relay/simulated/netem"
)

// answerWait is how long a registration may remain without its answer.
const answerWait = 30 * time.Second

var errLost = errors.New("connection lost, as simulated")

// session is one connection of a station. One goroutine does everything: it reads until the next thing is due.
type session struct {
	*station
	conn       net.Conn
	side       *side.Line
	out        netem.Outbox
	held       shuffle   // not in out yet
	answerBy   time.Time // when the server must have accepted the modem; zero once it has
	registered bool      // accepted, and everything is written that the modem said until then: from now on it may beat
	loseAt     time.Time // zero: never
	sentAt     time.Time // of the latest byte, for heartbeats
	received   int64     // bytes
	sent       int64     // bytes
}

// talk runs one session to its end.
func (s *station) talk(ctx context.Context, conn net.Conn) {
	began := time.Now()
	s.count.sessions.Add(1)
	release := netem.Interrupt(ctx, conn)
	c := &session{station: s, conn: conn, side: s.newSide(), sentAt: began}
	s.log.Info("simulated modem connected", "peer", conn.RemoteAddr())
	err := c.run(ctx)
	s.count.up.Store(false)
	release()
	if errors.Is(err, errLost) {
		s.count.lost.Add(1)
		if !s.FIN {
			netem.Reset(conn)
		}
	}
	_ = conn.Close() // the connection is of no further use
	s.log.Info("simulated modem disconnected", "peer", conn.RemoteAddr(), "cause", err,
		"received", c.received, "sent", c.sent, "lasted", time.Since(began))
}

func (c *session) run(ctx context.Context) error {
	if err := loopbackPeer(c.conn.RemoteAddr()); err != nil {
		return err
	}
	if err := c.begin(ctx); err != nil {
		return err
	}
	buf := make([]byte, 1024)
	for {
		if err := c.doWhatIsDue(time.Now()); err != nil {
			return err
		}
		next := c.nextDue()
		if c.out.Full() {
			if err := netem.SleepUntil(ctx, next); err != nil {
				return err
			}
			continue
		}
		n, err := netem.ReadUntil(ctx, c.conn, buf, next)
		if n > 0 {
			c.received += int64(n)
			c.count.received.Add(int64(n))
			if err := c.receive(buf[:n], time.Now()); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
}

// begin registers.
func (c *session) begin(ctx context.Context) error {
	now := time.Now()
	_ = c.meter.Feed(nil, now) // what it said without a connection is lost
	if c.Lose > 0 {
		c.loseAt = now.Add(time.Duration(c.random.ExpFloat64() * float64(c.Lose)))
		if err := c.conn.SetWriteDeadline(c.loseAt); err != nil {
			return err
		}
		if ctx.Err() != nil { // our deadline may have replaced the interrupting one
			return context.Cause(ctx)
		}
	}
	c.answerBy = now.Add(answerWait)
	registration := c.side.Connect(now)
	c.checkOnline() // behind Connect: before it no side can be sure that it need not wait for an answer
	faults := c.Faults
	if c.RegisterPieces && faults.Fragment == 0 {
		faults.Fragment = 7 // some five pieces of a registration of 17 bytes
	}
	return c.send(registration, faults, now)
}

// checkOnline notices that the server has accepted the modem.
func (c *session) checkOnline() {
	if !c.answerBy.IsZero() && c.side.Online() {
		c.answerBy = time.Time{}
		c.count.up.Store(true)
	}
}

// doWhatIsDue does what depends on time only.
func (c *session) doWhatIsDue(now time.Time) error {
	if due(c.loseAt, now) {
		return errLost
	}
	if due(c.answerBy, now) {
		return fmt.Errorf("no answer to the registration within %v", answerWait)
	}
	if t, ok := c.meter.(meters.Timed); ok && due(t.Due(), now) {
		if err := c.speak(c.meter.Feed(nil, now), now); err != nil {
			return err
		}
	}
	if due(c.held.due, now) {
		c.cut(now)
	}
	for p := c.out.Take(now); p != nil; p = c.out.Take(now) {
		if err := c.write(p); err != nil {
			return err
		}
	}
	c.registered = c.side.Online() && (c.registered || c.out.Empty() && c.held.due.IsZero())
	if due(c.heartbeatAt(), now) {
		c.sentAt = now // also if the family has no heartbeat
		return c.beat(now)
	}
	return nil
}

func due(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }

// heartbeatAt returns when the next heartbeat is due, zero if none is or while bytes are on their way.
func (c *session) heartbeatAt() time.Time {
	if c.HeartbeatEvery <= 0 || !c.out.Empty() || !c.held.due.IsZero() || !c.registered {
		return time.Time{}
	}
	_, silence := c.side.Silences()
	return c.sentAt.Add(max(c.HeartbeatEvery, silence))
}

func (c *session) nextDue() time.Time {
	next := earliest(c.loseAt, c.answerBy, c.heartbeatAt(), c.held.due, c.out.Next())
	if t, ok := c.meter.(meters.Timed); ok {
		next = earliest(next, t.Due())
	}
	return next
}

// receive passes on what is for the meter, and answers what is for the modem.
func (c *session) receive(p []byte, now time.Time) error {
	data, reply, err := c.side.Take(p, now)
	if err != nil {
		return err
	}
	c.checkOnline()
	if err := c.send(reply, c.Faults, now); err != nil || len(data) == 0 {
		return err
	}
	return c.speak(c.meter.Feed(data, now), now)
}

// send writes at once if nothing delays it, otherwise when it is due.
func (c *session) send(p []byte, faults netem.Faults, now time.Time) error {
	switch {
	case len(p) == 0:
		return nil
	case c.Shuffle:
		c.add(p, now)
		return nil
	case faults == netem.Faults{} && c.out.Empty() && !c.out.Hushed(now):
		return c.write(p)
	}
	faults.Schedule(&c.out, p, now, c.random)
	return nil
}

func (c *session) write(p []byte) error {
	n, err := c.conn.Write(p)
	c.sent += int64(n)
	c.count.sent.Add(int64(n))
	c.sentAt = time.Now()
	c.out.Sent = c.sentAt
	if errors.Is(err, os.ErrDeadlineExceeded) && due(c.loseAt, c.sentAt) {
		return errLost
	}
	return err
}

// earliest returns the earliest of the times that are not zero; zero if all are.
func earliest(times ...time.Time) (first time.Time) {
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}
