package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"meterline/bridge/modem"
	"meterline/bridge/monitor"
	"meterline/bridge/port"
)

// lockSmith is the log of the rig's bridges. For each record it takes every lock of the bridge, one after the other: a record that is
// logged with one of them held never gets through.
type lockSmith struct {
	bridge *Bridge
	busy   *atomic.Pointer[string] // what is being waited for, nil: nothing
	mu     *sync.Mutex
	lines  *[]string
	with   string
}

func newLockSmith() *lockSmith {
	return &lockSmith{busy: new(atomic.Pointer[string]), mu: new(sync.Mutex), lines: new([]string)}
}

// watch ends the test program when a lock cannot be had for half a minute of real time: in the bubble time stands still then.
// It is called outside of the bubble.
func (l *lockSmith) watch(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var last *string
	for since := 0; ; since++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if now := l.busy.Load(); now != last || now == nil {
			last, since = now, 0
		}
		if since > 30 {
			panic(*last)
		}
	}
}

func (l *lockSmith) Enabled(context.Context, slog.Level) bool { return true }
func (l *lockSmith) WithGroup(string) slog.Handler            { return l }

func (l *lockSmith) WithAttrs(attrs []slog.Attr) slog.Handler {
	derived := *l
	derived.with += fmt.Sprint(attrs)
	return &derived
}

func (l *lockSmith) Handle(_ context.Context, r slog.Record) error {
	line := r.Message + l.with
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	l.takeAll(line)
	l.mu.Lock()
	defer l.mu.Unlock()
	*l.lines = append(*l.lines, line)
	return nil
}

// logged are the records with text in them.
func (l *lockSmith) logged(text string) []string {
	time.Sleep(time.Second) // of the bubble's clock: take may be waiting for a lock that is held for a moment
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(*l.lines), func(line string) bool { return !strings.Contains(line, text) })
}

// takeAll takes every lock of the bridge and lets it go.
func (l *lockSmith) takeAll(line string) {
	b := l.bridge
	l.take(line, "the bridge's lock", &b.mu)
	locks := map[string]*sync.Mutex{}
	find := func(where string, it any, fields ...string) {
		for field, mu := range mutexesOf(it, fields...) {
			locks[fmt.Sprintf("the lock %s of %s", field, where)] = mu
		}
	}
	b.mu.Lock()
	for name, m := range b.modems.all {
		find("modem "+name, m.it)
		find("the account of modem "+name, m.it, "circuit", "observer", "account")
	}
	for name, p := range b.ports.all {
		find("port "+name, p.it)
		find("what keeps port "+name+" open", p.it, "mount")
	}
	for name, p := range b.dialups.all {
		find("dial-up port "+name, p.it)
		find("what keeps dial-up port "+name+" open", p.it, "keeper")
	}
	for name, d := range b.usb.all {
		find("the queue for "+name, d.it)
	}
	for name, e := range b.exchanges.all {
		find("exchange "+name, e.it)
	}
	b.mu.Unlock()
	for name, mu := range locks {
		l.take(line, name, mu)
	}
}

// mutexesOf are the mutexes of a struct by the names of their fields, whatever package it is of, or of what it points to by fields. One that is held while another is taken
// for long, as a dial-up port's working is, is none of those that count.
func mutexesOf(it any, fields ...string) map[string]*sync.Mutex {
	mutexes := make(map[string]*sync.Mutex)
	v := reflect.ValueOf(it).Elem()
	for _, field := range fields {
		if v = v.FieldByName(field); v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
	}
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		if f.Type() == reflect.TypeFor[monitor.Monitor]() {
			f = f.FieldByName("mu")
		}
		if f.Type() == reflect.TypeFor[sync.Mutex]() && name != "working" {
			mutexes[name] = (*sync.Mutex)(unsafe.Pointer(f.UnsafeAddr()))
		}
	}
	return mutexes
}

// inner is a field of a struct of whatever package.
func inner[T any](it any, field string) *T {
	f := reflect.ValueOf(it).Elem().FieldByName(field)
	if f.Type() != reflect.TypeFor[T]() {
		panic(field + " is of another type")
	}
	return (*T)(unsafe.Pointer(f.UnsafeAddr()))
}

// take sleeps between its tries, so that the bubble's time goes on where the lock is held for a good reason.
func (l *lockSmith) take(line, name string, mu *sync.Mutex) {
	for !mu.TryLock() {
		if l.busy.Load() == nil {
			text := fmt.Sprintf("%q is logged while %s is held", line, name)
			l.busy.Store(&text)
		}
		time.Sleep(time.Millisecond)
	}
	mu.Unlock()
	l.busy.Store(nil)
}

// asking is a handler that calls f for each record.
type asking func()

func (asking) Enabled(context.Context, slog.Level) bool    { return true }
func (a asking) Handle(context.Context, slog.Record) error { a(); return nil }
func (a asking) WithAttrs([]slog.Attr) slog.Handler        { return a }
func (a asking) WithGroup(string) slog.Handler             { return a }

// A log that takes nothing must hold up neither bytes nor status, nor the end for long.
func TestLogThatStalls(t *testing.T) {
	stalled := make(chan struct{})
	inBubbleWith(t, twoPorts(), func(o *Options) {
		stalled = make(chan struct{}) // of the bubble
		o.Log = slog.New(asking(func() { <-stalled }))
	}, func(r *rig) {
		f, g := r.callIn(), r.open("/p")
		r.write(g, "request")
		f.want("request")
		f.says("answer")
		r.wantRead(g, "answer")
		r.wantState("/p", port.Joined)
		begun := time.Now()
		r.stop()
		if took := time.Since(begun); took > flushFor+time.Second {
			t.Errorf("the end took %v", took)
		}
		close(stalled)
	})
}

// Two modems with one identity, and a modem that reconnects without end, do not fill the log.
func TestRepeatedRecordsAreThinned(t *testing.T) {
	inBubble(t, oneModem(), func(r *rig) {
		const registrations = 3000
		for range registrations {
			f := newFar(r.t)
			if err := r.modem().Answer(f.session, modem.TakeoverNewest); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		for text, most := range map[string]int{"without closing its connection": 6, "session up": 13, "session ended": 13} {
			if got := r.log.logged(text); len(got) == 0 || len(got) > most {
				t.Errorf("%d records %q of %d registrations in 5 minutes", len(got), text, registrations)
			}
		}
		r.stop()
		total := int64(0)
		for _, line := range r.log.logged("session ended") {
			var n int64
			if _, count, ok := strings.Cut(line, "left_out="); ok {
				if _, err := fmt.Sscan(count, &n); err != nil {
					t.Fatal(err)
				}
			}
			total += 1 + n
		}
		if total != registrations {
			t.Errorf("the records of ended sessions tell of %d, and %d sessions have ended", total, registrations)
		}
	})
}

// Each program's visit is logged while they are few, and so are those of two ports.
func TestWhatIsRareIsLoggedWhole(t *testing.T) {
	inBubble(t, oneModem(), func(r *rig) {
		for range 60 {
			f := r.callIn()
			time.Sleep(time.Minute)
			f.hangUp()
			synctest.Wait()
		}
		if got := r.log.logged("session ended"); len(got) != 60 {
			t.Errorf("%d of 60 sessions are logged", len(got))
		}
	})
}

// Addresses that a program dials without end are limitedLog as one; an exchange thins by itself, reason by reason.
func TestSubjectsOfTheLog(t *testing.T) {
	inBubble(t, oneModem(), func(r *rig) {
		e := newExchange(ExchangeConfig{Name: "x"}, "", r.Bridge.log, nil, nil, func() {})
		for i := range 50 {
			r.stranger(fmt.Sprint("far:", i)).Log().Warn("call failed")
			e.relay.Log.Warn("caller refused")
		}
		synctest.Wait()
		if n := len(r.log.logged("call failed")); n != 3 {
			t.Errorf("%d records of 50 addresses", n)
		}
		if n := len(r.log.logged("caller refused[exchange=x]")); n != 50 {
			t.Errorf("%d of 50 records that the exchange lets through", n)
		}
	})
}
