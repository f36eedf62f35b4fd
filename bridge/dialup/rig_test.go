package dialup

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/ledger"
	"meterline/bridge/modem"
	"meterline/bridge/port"
	"meterline/relay"
	"meterline/vport"
	"meterline/vport/vporttest"
)

// rig is a dial-up port "/t1" in memory, and a modem that has the number 12 and rings there, inside a synctest bubble.
type rig struct {
	t    *testing.T
	rack *vporttest.Rack
	p    *Port
	m    *modem.Modem
	end  func(cause error) // ends the port, and waits for that
}

func inBubble(t *testing.T, f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		log, rack, board := slog.New(slog.DiscardHandler), new(vporttest.Rack), new(Switchboard)
		m := modem.New(modem.Config{Name: "m", Exchange: "x", ID: "1", Numbers: []string{"12"}, Ring: "phones"}, nil, log, new(ledger.Account))
		m.Ringing().Use(board.Group)
		board.SetModems([]*modem.Modem{m})
		p := New(Config{Name: "phones", Spec: vport.Spec{Address: "/t1"}}, board, nil, nil, log, func() {})
		board.SetGroups(map[string][]modem.Ringer{"phones": {p}})
		life, endModem := context.WithCancelCause(t.Context())
		ctx, cancel := context.WithCancelCause(life)
		var living, serving sync.WaitGroup
		living.Go(func() { m.Run(life) })
		serving.Go(func() {
			p.Run(ctx, func(s vport.Spec, presence vport.Presence) (vport.Port, error) { return rack.Open(s, presence) })
		})
		r := &rig{t: t, rack: rack, p: p, m: m, end: func(cause error) { cancel(cause); serving.Wait() }}
		defer living.Wait()
		defer endModem(relay.ErrShutdown)
		defer r.end(relay.ErrShutdown)
		synctest.Wait()
		f(r)
	})
}

func (r *rig) open() *vporttest.Program {
	g := r.rack.Port("/t1").Open()
	synctest.Wait()
	return g
}

// write lets a program write, and everything come to rest.
func (r *rig) write(g *vporttest.Program, text string) {
	r.t.Helper()
	if _, err := g.Write([]byte(text)); err != nil {
		r.t.Fatalf("program writes: %v", err)
	}
	synctest.Wait()
}

func (r *rig) wantRead(g *vporttest.Program, want string) {
	r.t.Helper()
	if got := g.ReadWaiting(); got != want {
		r.t.Errorf("the program reads %q, want %q", got, want)
	}
}

const (
	connectDelay = time.Second     // from the session to CONNECT
	deliverTime  = 2 * time.Second // for the tail that a program left
)

const connected = "\r\nCONNECT 9600\r\n"

// wantAnswer writes a command line, lets time pass for its answer, and compares that, without its echo.
func (r *rig) wantAnswer(g *vporttest.Program, line, want string) {
	r.t.Helper()
	r.write(g, line+"\r")
	time.Sleep(connectDelay)
	synctest.Wait()
	if got := strings.TrimPrefix(g.ReadWaiting(), line+"\r"); got != want {
		r.t.Errorf("%s is answered %q, want %q", line, got, want)
	}
}

func (r *rig) wantState(want port.State) {
	r.t.Helper()
	if got := r.p.Status(nil).State; got != string(want) {
		r.t.Errorf("the port is %s, want %s", got, want)
	}
}

// far is the modem's end of a session.
type far struct {
	session *relay.Session
	conn    net.Conn
}

// callIn is a session that the modem begins.
func (r *rig) callIn() *far {
	r.t.Helper()
	ours, theirs := net.Pipe()
	r.t.Cleanup(func() { theirs.Close() })
	f := &far{relay.NewSession(ours, relay.Link{}, nil, nil), theirs}
	f.session.SetLine(modem.ByExchange + "x")
	if err := r.m.Answer(f.session, modem.TakeoverNewest); err != nil {
		r.t.Errorf("the modem's call is refused: %v", err)
	}
	synctest.Wait()
	return f
}

func (f *far) hangUp() {
	f.conn.Close()
	synctest.Wait()
}
