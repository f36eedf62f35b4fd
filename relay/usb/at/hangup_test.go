package at_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"meterline/relay/simulated"
	"meterline/relay/usb/at"
)

func TestHangUp(t *testing.T) {
	tests := map[string]struct {
		modem  simulated.ATModem
		config at.Config
		want   error
	}{
		"by escape":             {simulated.ATModem{}, at.Config{}, nil},
		"by DTR":                {simulated.ATModem{Deaf: true}, at.Config{DTR: true}, nil},
		"DTR does nothing":      {simulated.ATModem{IgnoreDTR: true}, at.Config{DTR: true}, nil},
		"slow":                  {simulated.ATModem{Delay: 1200 * time.Millisecond}, at.Config{}, nil},
		"nothing helps":         {simulated.ATModem{Deaf: true}, at.Config{}, at.ErrStuck},
		"nothing helps, DTR":    {simulated.ATModem{Deaf: true, IgnoreDTR: true}, at.Config{DTR: true}, at.ErrStuck},
		"S12 is long":           {simulated.ATModem{Guard: 2 * time.Second}, at.Config{Init: []string{"E0S12=100&C1"}}, nil},
		"S12 is short":          {simulated.ATModem{Guard: 40 * time.Millisecond}, at.Config{Init: []string{"&C1", "S12=2"}}, nil},
		"meter talks all along": {simulated.ATModem{}, at.Config{}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			modem := test.modem
			modem.Numbers = subscriber(simulated.Subscriber{})
			if strings.Contains(name, "talks") {
				modem.Numbers = subscriber(simulated.Subscriber{Meter: &chatter{}})
			}
			b := newBench(t, test.config, &modem).ready()
			b.dcd = test.config.DTR
			if _, err := b.run(at.Call{Number: number}); err != nil {
				t.Fatal(err)
			}
			b.pass(time.Second)
			began := b.now
			if _, err := b.run(at.HangUp{}); !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v\nsent %q", err, test.want, b.sent.String())
			}
			if took := b.now.Sub(began); took > 60*time.Second {
				t.Errorf("took %v", took)
			}
			if took := b.now.Sub(began); name == "S12 is short" && took > time.Second {
				t.Errorf("took %v", took)
			}
			if b.m.InCall() != (test.want != nil) {
				t.Errorf("in call: %v", b.m.InCall())
			}
			if _, err := b.run(at.Info{}); (err == nil) != (test.want == nil) {
				t.Errorf("then: %v", err)
			}
		})
	}
}

// chatter is a meter that writes 50 times a second.
type chatter struct{ next time.Time }

func (c *chatter) Feed(_ []byte, now time.Time) []byte {
	if !c.next.After(now) {
		c.next = now.Add(20 * time.Millisecond)
		return []byte("\r\nOK\r\nreading 1234\r\nCONNECT\r\n")
	}
	return nil
}

func (c *chatter) Due() time.Time { return c.next }

func TestHangUpWithoutACall(t *testing.T) {
	b := newBench(t, at.Config{DTR: true}, &simulated.ATModem{}).ready()
	if _, err := b.run(at.HangUp{}); err != nil {
		t.Fatal(err)
	}
	b.m.Silent = true
	if _, err := b.run(at.HangUp{}); !errors.Is(err, at.ErrStuck) {
		t.Error(err)
	}
}

// TestConnectComesTooLate: the time for a call is over, and just then it comes about.
func TestConnectComesTooLate(t *testing.T) {
	for after := 9900 * time.Millisecond; after < 16*time.Second; after += 100 * time.Millisecond {
		b := newBench(t, at.Config{Connect: 10 * time.Second}, &simulated.ATModem{ConnectAfter: after, Numbers: subscriber(simulated.Subscriber{})}).ready()
		_, err := b.run(at.Call{Number: number})
		if err == nil {
			continue
		}
		b.pass(20 * time.Second)
		if !errors.Is(err, at.ErrTimeout) || b.m.InCall() {
			t.Fatalf("after %v: %v, in call %v", after, err, b.m.InCall())
		}
	}
}

func TestAbortLeavesNoCall(t *testing.T) {
	ops := []at.Op{at.Init{}, at.Info{}, at.Call{Number: number}, at.Ring{Number: number}, at.SMS{Number: number, Text: "wake"}}
	for _, op := range ops {
		for after := time.Duration(0); after < 16*time.Second; after += 170 * time.Millisecond {
			m := &simulated.ATModem{Delay: 300 * time.Millisecond, Numbers: subscriber(simulated.Subscriber{})}
			b := newBench(t, at.Config{}, m).ready()
			b.done = nil
			o, err := b.d.Start(op, b.now)
			if err != nil {
				t.Fatal(err)
			}
			b.take(o)
			b.pass(after)
			ended := b.done != nil
			began := b.now
			b.take(b.d.Abort(b.now))
			if !ended {
				_, err = b.finish(op, began)
				if _, sms := op.(at.SMS); err == nil && !sms || err != nil && !errors.Is(err, at.ErrAborted) {
					t.Fatalf("%v aborted after %v: %v", op, after, err)
				}
				if took := b.now.Sub(began); took > 15*time.Second {
					t.Errorf("%v aborted after %v: took %v", op, after, took)
				}
			}
			if !b.d.InCall() && b.m.InCall() {
				t.Fatalf("%v aborted after %v: a call is left", op, after)
			}
			if b.d.InCall() {
				continue
			}
			if _, init := op.(at.Init); !init {
				if _, err := b.run(at.Info{}); err != nil {
					t.Fatalf("%v aborted after %v, then: %v", op, after, err)
				}
			}
		}
	}
}

func TestStartRefuses(t *testing.T) {
	m := &simulated.ATModem{Numbers: subscriber(simulated.Subscriber{})}
	b := newBench(t, at.Config{}, m)
	if _, err := b.d.Start(at.Call{Number: number}, b.now); !errors.Is(err, at.ErrUnready) {
		t.Error(err)
	}
	b.ready()
	for _, n := range []string{"", "+", "12;", "1\r", "*21*1#", "112", "+7916abc", strings.Repeat("1", 40), "WWW", "1\x1a", `1"`} {
		for _, op := range []at.Op{at.Call{Number: n}, at.Ring{Number: n}, at.SMS{Number: n, Text: "x"}} {
			if _, err := b.d.Start(op, b.now); err == nil {
				t.Errorf("%#v is done", op)
			}
		}
	}
	for _, text := range []string{"", "a\x1a", "a\rATD1;", "a\nb", "\x1b", "привет", "`", strings.Repeat("a", 161), strings.Repeat("{", 81)} {
		if _, err := b.d.Start(at.SMS{Number: number, Text: text}, b.now); err == nil {
			t.Errorf("%q is sent", text)
		}
	}
	sent := b.sent.Len()
	if _, err := b.run(at.Call{Number: number}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.d.Start(at.Info{}, b.now); !errors.Is(err, at.ErrInCall) {
		t.Error(err)
	}
	o, err := b.d.Start(at.HangUp{}, b.now)
	if err != nil {
		t.Fatal(err)
	}
	b.take(o)
	if _, err := b.d.Start(at.Info{}, b.now); !errors.Is(err, at.ErrRunning) {
		t.Error(err)
	}
	if bytes.Contains(b.sent.Bytes()[:sent], []byte("ATD")) {
		t.Error("something was dialled")
	}
}
