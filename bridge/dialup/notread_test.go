package dialup

import (
	"context"
	"log/slog"
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

// inDialup runs f with a dial-up port "/t1" in a bubble, from which a modem that is away has the number 12.
func inDialup(t *testing.T, f func(p *Port, rack *vporttest.Rack)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		log, rack, board := slog.New(slog.DiscardHandler), new(vporttest.Rack), new(Switchboard)
		m := modem.New(modem.Config{Name: "m", Exchange: "x", ID: "1", Numbers: []string{"12"}}, nil, log, new(ledger.Account))
		board.SetModems([]*modem.Modem{m})
		p := New(Config{Name: "phones", Spec: vport.Spec{Address: "/t1"}}, board, nil, nil, log, func() {})
		ctx, cancel := context.WithCancelCause(t.Context())
		var all sync.WaitGroup
		all.Go(func() { m.Run(ctx) })
		all.Go(func() {
			p.Run(ctx, func(s vport.Spec, presence vport.Presence) (vport.Port, error) { return rack.Open(s, presence) })
		})
		defer all.Wait()
		defer cancel(relay.ErrShutdown)
		synctest.Wait()
		f(p, rack)
	})
}

func wantState(t *testing.T, p *Port, want string) {
	t.Helper()
	if got := p.Status(nil).State; got != want {
		t.Errorf("the port is %s, want %s", got, want)
	}
}

// S7 ends an attempt at a call although the program does not read.
func TestDiallingEndsWhileNotRead(t *testing.T) {
	inDialup(t, func(p *Port, rack *vporttest.Rack) {
		g := rack.Port("/t1").Open()
		synctest.Wait()
		if _, err := g.Write([]byte("ATS7=30\r")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		p.mu.Lock()
		p.answers += answersMax // as if so much had been said
		p.mu.Unlock()
		defer func() { p.mu.Lock(); p.answers -= answersMax; p.changed.Broadcast(); p.mu.Unlock() }()
		p.mu.Lock()
		p.happen(p.hayes.FromDTE([]byte("ATD12\r"), time.Now()))
		p.mu.Unlock()
		go g.Write([]byte("AT\r"))
		synctest.Wait()
		wantState(t, p, string(port.Waiting))
		time.Sleep(31 * time.Second)
		synctest.Wait()
		wantState(t, p, string(port.Idle))
	})
}
