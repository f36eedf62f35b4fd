package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/relay"
	"meterline/relay/profile"
	"meterline/relay/profile/nearmiss"
)

// Those who watch an exchange see what callers send, without credentials unless they ask for these.
func TestWatchOfAnExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newExchange(ExchangeConfig{Name: "irz", Profile: profile.Profile{Kind: profile.IRZ}}, "", slog.New(slog.DiscardHandler), nil, nil, func() {})
		e.show(relay.Overheard{Note: "nobody watches"})
		ctx, cancel := context.WithCancel(t.Context())
		var seen [2]strings.Builder
		done := make(chan bool)
		for i, raw := range []bool{false, true} {
			go func() {
				e.watch(ctx, raw, func(p status.Traffic) { fmt.Fprintf(&seen[i], "%s %s %s%s|", p.Peer, p.Dir, p.Data, p.Note) })
				done <- true
			}()
		}
		synctest.Wait()
		line := []byte("AT$IMEI=1,PSW=5492,")
		e.show(relay.Overheard{Peer: "a", Came: line[:16], New: 16})
		e.show(relay.Overheard{Peer: "a", Came: line, New: 3})
		e.show(relay.Overheard{Peer: "a", Sent: []byte("2027")})
		e.show(relay.Overheard{Peer: "b", Note: "refused"})
		synctest.Wait()
		close(e.ended)
		<-done
		<-done
		cancel()
		const rest, left = "a to-modem 2027|b  refused|", "  exchange irz left the configuration or was changed|"
		if got, want := seen[0].String(), "a from-modem AT$IMEI=1,PSW=**|a from-modem **,|"+rest+left; got != want {
			t.Errorf("seen  %s\nwant %s", got, want)
		}
		if got, want := seen[1].String(), "a from-modem AT$IMEI=1,PSW=54|a from-modem 92,|"+rest+left; got != want {
			t.Errorf("raw: seen %s\nwant %s", got, want)
		}
	})
}

// A modem that is configured elsewhere, or disabled, is found.
func TestDirectoryOfModems(t *testing.T) {
	imei := profile.Profile{Kind: profile.IMEI}
	b := &Bridge{cfg: Config{
		Exchanges: []ExchangeConfig{{Name: "a", Profile: imei}, {Name: "b", Profile: imei}},
		Modems: []modem.Config{
			{Name: "m1", Exchange: "a", ID: "861234567890123"}, {Name: "m2", Exchange: "b", ID: "356938035643809", Disabled: true},
			{Name: "m3", Dial: []string{"far:1"}},
		},
	}}
	d := b.directory()
	for id, want := range map[string]string{
		"861234567890123": "m1", "356938035643809": "m2 (disabled), configured at exchange b", "": "",
	} {
		if got := d.Find(nearmiss.Call{Exchange: "a", ID: id}); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}
