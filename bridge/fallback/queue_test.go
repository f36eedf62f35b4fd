package fallback

import (
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/ledger"
	"meterline/bridge/modem"
)

// Whoever comes back for the data call keeps the place that he had for the wake-up, behind those at whose port a program waits.
func TestQueueKeepsPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newQueue(Config{Name: "gsm"}, slog.New(slog.DiscardHandler), new(ledger.Spending))
		first := modem.New(modem.Config{Name: "first"}, nil, slog.New(slog.DiscardHandler), nil)
		since := time.Now()
		if err := d.Acquire(t.Context(), first, false, since); err != nil {
			t.Fatal(err)
		}
		var order []string
		var wg sync.WaitGroup
		take := func(name string, waited bool, since time.Time) {
			m := modem.New(modem.Config{Name: name}, nil, slog.New(slog.DiscardHandler), nil)
			if err := d.Acquire(t.Context(), m, waited, since); err != nil {
				t.Error(err)
			}
			order = append(order, name)
			time.Sleep(time.Second)
			d.Release(m)
		}
		for _, name := range []string{"b", "c", "d"} {
			time.Sleep(time.Second)
			wg.Go(func() { take(name, name == "d", time.Now()) })
			synctest.Wait()
		}
		d.Release(first) // d goes first, at whose port a program waits
		synctest.Wait()
		wg.Go(func() { take("again", false, since) }) // and then the one that came before all others
		wg.Wait()
		if got := len(order); got != 4 || order[0] != "d" || order[1] != "again" || order[2] != "b" {
			t.Errorf("order %q", order)
		}
	})
}

// A limit that is reached while others wait stops them too.
func TestLimitStopsTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newQueue(Config{Name: "gsm", DayCalls: 1}, slog.New(slog.DiscardHandler), new(ledger.Spending))
		m, n := modem.New(modem.Config{Name: "m"}, nil, slog.New(slog.DiscardHandler), nil), modem.New(modem.Config{Name: "n"}, nil, slog.New(slog.DiscardHandler), nil)
		if err := d.Acquire(t.Context(), m, false, time.Now()); err != nil {
			t.Fatal(err)
		}
		var err error
		var wg sync.WaitGroup
		wg.Go(func() { err = d.Acquire(t.Context(), n, false, time.Now()) })
		synctest.Wait()
		d.spend(m, ledger.Usage{Calls: 1})
		d.Release(m)
		if wg.Wait(); !errors.Is(err, ErrSpent) || d.busy != nil {
			t.Errorf("%v, busy %v", err, d.busy)
		}
	})
}

// The place in the queue is that of who goes when.
func TestPlaceInTheQueue(t *testing.T) {
	d := &Queue{}
	for i, waited := range []bool{false, true, false, true} {
		d.queue = append(d.queue, &turn{m: modem.New(modem.Config{Name: ordinal(i + 1)}, nil, slog.New(slog.DiscardHandler), nil), waited: waited})
	}
	queue := slices.Clone(d.queue)
	for place := 1; len(d.queue) > 0; place++ {
		for _, t := range d.queue {
			t.came = make(chan struct{})
		}
		d.next()
		i := slices.IndexFunc(queue, func(t *turn) bool { return t.m == d.busy })
		whole := &Queue{queue: queue}
		if got := whole.place(queue[i].m); got != place {
			t.Errorf("%s: place %d, goes as number %d", d.busy.Name(), got, place)
		}
	}
	for n, want := range map[int]string{1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 21: "21st", 113: "113th"} {
		if got := ordinal(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

func TestDeskLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, n := modem.New(modem.Config{Name: "m"}, nil, slog.New(slog.DiscardHandler), nil), modem.New(modem.Config{Name: "n"}, nil, slog.New(slog.DiscardHandler), nil)
		d := newQueue(Config{Name: "gsm", DayCalls: 3, ModemCalls: 2, From: 22 * time.Hour, To: 6 * time.Hour}, slog.New(slog.DiscardHandler), new(ledger.Spending))
		use := func(m *modem.Modem) error {
			if err := d.Acquire(t.Context(), m, false, time.Now()); err != nil {
				return err
			}
			d.spend(m, ledger.Usage{Calls: 1, Talked: time.Minute})
			d.Release(m)
			return nil
		}
		want := func(m *modem.Modem, want error) {
			t.Helper()
			if err := use(m); !errors.Is(err, want) {
				t.Errorf("modem %s: %v, want %v", m.Name(), err, want)
			}
		}
		now := time.Now()
		time.Sleep(time.Until(time.Date(now.Year(), now.Month(), now.Day()+1, 22, 0, 0, 0, now.Location()))) // 22:00 of tomorrow
		want(m, nil)
		want(m, nil)
		want(m, ErrSpent)
		want(n, nil)
		want(n, ErrSpent)
		time.Sleep(2 * time.Hour) // another day
		want(n, nil)
		time.Sleep(6 * time.Hour)
		if err := use(n); err == nil {
			t.Error("used at an hour that is not allowed")
		}
	})
}
