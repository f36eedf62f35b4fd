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

	"meterline/relay/wire"
	"meterline/vport/rfc2217"
)

const (
	greetWithin = 3 * time.Second // how long the far end has to answer Telnet's questions
	rawWithin   = time.Second     // how long a far end that sends bytes first has to send a command after them
	setWithin   = 2 * time.Second // how long it has to confirm its port's settings
	earlyMost   = 64 << 10        // the most bytes kept meanwhile
	earlyEvents = 16              // the most events kept meanwhile
)

// ErrNotTelnet means that a far end was called by Telnet and does not speak it.
var ErrNotTelnet = errors.New("it sends bytes and does not speak Telnet (RFC 2217): write tcp:// in place of rfc2217://")

// greet negotiates and sets the far port. A far end that is silent, or refuses, is accepted; the session's facts say so.
func (t *telnet) greet(ctx context.Context, conn net.Conn) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // an ended connection returns the error itself
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
	t.noteSettings()
	if !stop() {
		return context.Cause(ctx)
	}
	return conn.SetDeadline(time.Time{})
}

// listen reads the far end until done, or until its time is over.
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
			if err := t.send(ctx, conn, t.takeGreeting(buf[:n]), time.Until(until)); err != nil {
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

// send sends p within a limit: the far end may keep asking and never read.
func (t *telnet) send(ctx context.Context, conn net.Conn, p []byte, within time.Duration) error {
	if len(p) == 0 {
		return nil
	}
	if err := conn.SetWriteDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	if ctx.Err() != nil { // the end of ctx may have set its deadline before ours
		return context.Cause(ctx)
	}
	if _, err := conn.Write(p); err != nil {
		return cmp.Or(context.Cause(ctx), fmt.Errorf("negotiating Telnet: %w", err))
	}
	return nil
}

// takeGreeting takes what came, and returns the answer.
func (t *telnet) takeGreeting(p []byte) []byte {
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

// latest returns the facts without those that a later one replaces.
func latest(facts []wire.Fact) []wire.Fact {
	var all []wire.Fact
	for _, f := range slices.Backward(facts) {
		if !slices.ContainsFunc(all, func(later wire.Fact) bool { return later.Name == f.Name }) {
			all = append(all, f)
		}
	}
	slices.Reverse(all)
	return all
}

// noteSettings adds facts and events about how the far port's settings have turned out.
func (t *telnet) noteSettings() {
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
	t.pending.Facts = append(t.pending.Facts, wire.Fact{Name: wire.FactSettings, Value: fmt.Sprintf("not set to %v: %s", t.wanted, text)})
	t.pending.Events = append(t.pending.Events, wire.Event{Kind: "serial port", Text: fmt.Sprintf("the far port is not set to %v: %s", t.wanted, text)})
}
