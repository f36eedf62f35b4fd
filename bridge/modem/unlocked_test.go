package modem

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/ledger"
	"meterline/relay"
)

// lookingHandler is a log that looks at the modem with each record: it would never come back while the modem's mutex is held.
type lookingHandler struct {
	look func()
	mu   *sync.Mutex
	seen map[string]int
}

func (lookingHandler) Enabled(context.Context, slog.Level) bool { return true }
func (h lookingHandler) WithAttrs([]slog.Attr) slog.Handler     { return h }
func (h lookingHandler) WithGroup(string) slog.Handler          { return h }
func (h lookingHandler) Handle(_ context.Context, r slog.Record) error {
	h.look()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen[r.Message]++
	return nil
}

// lookingClient looks at the modem when it is shown that.
type lookingClient struct {
	*fakeClient
	last atomic.Pointer[View]
}

func (c *lookingClient) StateChanged(View) {
	v := c.access.View()
	c.last.Store(&v)
}

// lookingRinger looks at the modem when it is to ring or to stop.
type lookingRinger struct{ rung, stopped atomic.Int32 }

func (r *lookingRinger) Name() string { return "ringer" }
func (r *lookingRinger) Ring(m *Modem, _ string) bool {
	m.HasSession()
	r.rung.Add(1)
	return true
}

func (r *lookingRinger) Stop(m *Modem) {
	m.HasSession()
	r.stopped.Add(1)
}

// Nothing is logged, shown or rung while the modem's mutex is held.
func TestNothingIsCalledUnderTheMutex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m *Modem
		log := lookingHandler{look: func() { m.HasSession() }, mu: new(sync.Mutex), seen: make(map[string]int)}
		m = New(Config{Name: "m", Ring: "phones"}, nil, slog.New(log), new(ledger.Account))
		ringer := new(lookingRinger)
		m.Ringing().Use(func(string) []Ringer { return []Ringer{ringer} })
		ctx, cancel := context.WithCancelCause(t.Context())
		var life sync.WaitGroup
		life.Go(func() { m.Run(ctx) })
		defer life.Wait()
		defer cancel(relay.ErrShutdown)
		r := &seamRig{t, m}
		first, second := &lookingClient{fakeClient: &fakeClient{name: "/p"}}, &lookingClient{fakeClient: &fakeClient{name: "/q"}}
		for _, c := range []*lookingClient{first, second} {
			c.access = NewPortAccess(m, c, false)
		}
		m.SetPorts([]*Access{first.access, second.access})
		for range crowdedAfter + 2 {
			r.callIn()
		}
		first.write("mine")
		time.Sleep(time.Minute)
		second.write("mine, too")
		if err := m.Kick(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(deliverWithin + time.Second)
		synctest.Wait()
		log.mu.Lock()
		defer log.mu.Unlock()
		for _, message := range []string{"the modem calls in again and again without closing its connection", "rings", "lease taken over", "session ended"} {
			if log.seen[message] == 0 {
				t.Errorf("%q was not logged: %v", message, log.seen)
			}
		}
		if rung, stopped := ringer.rung.Load(), ringer.stopped.Load(); rung == 0 || stopped == 0 {
			t.Errorf("rung %d times, stopped %d times", rung, stopped)
		}
		if last := second.last.Load(); last.Session || last.Holder != Client(second) {
			t.Errorf("the second client sees %+v last", *last)
		}
	})
}
