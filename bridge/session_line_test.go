package bridge

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"meterline/bridge/modem"
	"meterline/relay"
	"meterline/relay/codec"
)

// wantLine wants the modem's line, and what is said of the better ones.
func (r *rig) wantLine(line string, why ...string) {
	r.t.Helper()
	st := r.Status()
	m := st.Modems[0]
	var got []string
	for _, f := range m.Why {
		text := f.Line + ": " + f.Why
		if !f.Since.IsZero() {
			text += fmt.Sprintf(" for %v", st.At.Sub(f.Since).Round(time.Second))
		}
		if !f.Tried.IsZero() {
			text += fmt.Sprintf(", %v ago", st.At.Sub(f.Tried).Round(time.Second))
		}
		got = append(got, text)
	}
	if m.Line != line || !slices.Equal(got, why) {
		r.t.Errorf("line %q, because %q; want %q, because %q", m.Line, got, line, why)
	}
}

// A session by telephone says why it is not one over TCP, until it is.
func TestLineOfASession(t *testing.T) {
	inPluggedBubble(t, plugged(modem.FallbackConfig{Call: true}), func(r *rig, p *fakeStick) {
		p.answers(r)
		time.Sleep(3 * time.Second)
		r.wantLine("", "exchange x: not called in for 3s", "telephone gsm: waits for a program to write")
		tcp := r.callIn()
		r.wantLine("exchange x")
		time.Sleep(time.Hour)
		tcp.hangUp()
		g := r.open("/p")
		r.write(g, "request")
		time.Sleep(20 * time.Second)
		r.wantLine("", "exchange x: not called in for 20s", "telephone gsm: in 1m40s")
		for range 20 {
			r.write(g, "request")
			time.Sleep(5*time.Second + 250*time.Millisecond)
		}
		for range 3 {
			r.write(g, "request")
			time.Sleep(4 * time.Second)
		}
		r.wantLine("telephone gsm", "exchange x: not called in for 2m17s")
		r.callIn()
		r.wantLine("telephone gsm", "exchange x: it is back, the telephone call ends between two requests")
		time.Sleep(10 * time.Second)
		r.wantLine("exchange x")
	})
}

// toldLine is a line that tells of its addresses.
type toldLine struct {
	*fakeLine
	told []relay.Outcome
}

func (l toldLine) Outcomes() []relay.Outcome { return l.told }

// Each address that is called has a reason of its own, and what stands behind the session's line does not matter.
func TestLineOfAnAddress(t *testing.T) {
	c := onOpen()
	c.Modems[0].Dial = []string{"far:1", "far:2", "far:3", "far:4"}
	c.Modems[0].Exchange, c.Modems[0].ID = "x", "1"
	line := toldLine{fakeLine: new(fakeLine)}
	inBubbleWith(t, c, func(o *Options) {
		line.told = []relay.Outcome{
			{Address: "far:2", At: time.Now()},
			{Address: "far:1", At: time.Now(), Err: &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}},
			{Address: "far:3", At: time.Now(), Err: &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}},
		}
		o.Line = func(modem.Config, codec.FrameEnd) relay.Line { return line }
	}, func(r *rig) {
		const onDemand = ": called when a program opens the port"
		r.wantLine("", "exchange x: not called in for 0s", "dial far:1"+onDemand, "dial far:2"+onDemand, "dial far:3"+onDemand, "dial far:4"+onDemand)
		g := r.open("/p")
		r.write(g, "request")
		time.Sleep(10 * time.Second)
		r.wantLine("", "exchange x: not called in for 10s", "dial far:1: connection refused, 10s ago", "dial far:2: the session ended, 10s ago",
			"dial far:3: no answer, 10s ago", "dial far:4: not tried yet")
		r.callIn()
		r.wantLine("exchange x")
	})
}

// What an exchange cannot do is told by Down.
func TestExchangeThatIsDown(t *testing.T) {
	e := &exchange{relay: new(relay.Exchange)}
	err := &net.OpError{Op: "listen", Net: "tcp", Err: os.NewSyscallError("bind", syscall.EADDRINUSE)}
	_ = e.failed(err)
	if got := e.Down(); !errors.Is(got, err) {
		t.Errorf("got %v, want %v", got, err)
	}
}
