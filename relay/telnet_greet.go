package relay

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"meterline/relay/profile"
	"meterline/vport/rfc2217"
)

const (
	greetWithin = 3 * time.Second // the far end has so long to answer what Telnet asks
	rawWithin   = time.Second     // and, if it sends bytes first, to send a command behind them
	setWithin   = 2 * time.Second // and to say that its port is set
	earlyMost   = 64 << 10        // bytes that are kept meanwhile
	earlyEvents = 16              // and what else it tells
)

// ErrNotTelnet says that a far end was called by Telnet and does not speak it.
var ErrNotTelnet = errors.New("it sends bytes and does not speak Telnet (RFC 2217): write tcp:// in place of rfc2217://")

// greet negotiates and sets the far port. A far end that is silent, or refuses, is tolerated: the session's facts say so.
func (t *telnet) greet(ctx context.Context, conn net.Conn) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // an ended connection says so itself
	defer stop()
	if err := t.send(ctx, conn, t.client.Start(nil), greetWithin); err != nil {
		return err
	}
	err := t.listen(ctx, conn, greetWithin, t.client.Settled)
	if err == nil && !t.client.Spoken() && len(t.early) > 0 {
		err = ErrNotTelnet
	}
	if err != nil {
		return err
	}
	set := t.client.AppendWatch(t.client.AppendSettings(nil, t.wanted))
	if len(set) > 0 {
		if err := t.send(ctx, conn, set, setWithin); err != nil {
			return err
		}
		if err := t.listen(ctx, conn, setWithin, func() bool { return t.client.Awaited() == 0 }); err != nil {
			return err
		}
	}
	t.sum()
	if !stop() {
		return context.Cause(ctx)
	}
	return conn.SetDeadline(time.Time{})
}

// listen hears the far end until done, or until the time is over.
func (t *telnet) listen(ctx context.Context, conn net.Conn, within time.Duration, done func() bool) error {
	buf := make([]byte, 4<<10)
	until := time.Now().Add(within)
	for !done() && len(t.early) < earlyMost {
		if err := conn.SetReadDeadline(until); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := conn.Read(buf)
		if n > 0 {
			if err := t.send(ctx, conn, t.greeted(buf[:n]), time.Until(until)); err != nil {
				return err
			}
			if soon := time.Now().Add(rawWithin); !t.client.Spoken() && soon.Before(until) {
				until = soon
			}
		}
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil:
			return fmt.Errorf("negotiating Telnet: %w", err)
		}
	}
	return nil
}

// say sends p. A far end that asks all the time and never listens is not waited for without end.
func (t *telnet) send(ctx context.Context, conn net.Conn, p []byte, within time.Duration) error {
	if len(p) == 0 {
		return nil
	}
	if err := conn.SetWriteDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	if ctx.Err() != nil { // whose deadline may have been the one before ours
		return context.Cause(ctx)
	}
	if _, err := conn.Write(p); err != nil {
		return cmp.Or(context.Cause(ctx), fmt.Errorf("negotiating Telnet: %w", err))
	}
	return nil
}

// greeted takes in what came, and returns the answer.
func (t *telnet) greeted(p []byte) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.decode(p)
	t.early = bytes.Clone(d.Data)
	answer := bytes.Clone(d.Answer)
	d.Data, d.Answer = nil, nil
	d.Facts, d.Events = latest(d.Facts), d.Events[:min(len(d.Events), earlyEvents)]
	t.pending = d
	return answer
}

// latest are the facts without those that are no longer true.
func latest(facts []profile.Fact) []profile.Fact {
	var all []profile.Fact
	for _, f := range slices.Backward(facts) {
		if !slices.ContainsFunc(all, func(later profile.Fact) bool { return later.Name == f.Name }) {
			all = append(all, f)
		}
	}
	slices.Reverse(all)
	return all
}

// sum says what has come of the settings.
func (t *telnet) sum() {
	if t.wanted == (rfc2217.Settings{}) {
		return
	}
	var text string
	switch {
	case !t.client.Spoken():
		text = "it does not answer Telnet"
	case !t.client.Available():
		text = "it does not know RFC 2217"
	case t.client.Awaited() > 0:
		text = "it does not answer"
	default:
		return
	}
	t.pending.Facts = append(t.pending.Facts, profile.Fact{Name: profile.FactSettings, Value: fmt.Sprintf("not set to %v: %s", t.wanted, text)})
	t.pending.Events = append(t.pending.Events, profile.Event{Kind: "serial port", Text: fmt.Sprintf("the far port is not set to %v: %s", t.wanted, text)})
}
