package bridge

import (
	"context"
	"time"

	"meterline/bridge/status"
	"meterline/relay"
	"meterline/relay/profile/nearmiss"
	"meterline/relay/wire"
)

// Unknown lists the callers that matched no modem, the latest first. Their credentials are masked unless raw is set.
func (b *Bridge) Unknown(raw bool) []relay.UnknownCaller { return b.unknown.All(raw) }

// directory is which modems are configured at which exchanges, the disabled ones included. The caller holds mu.
func (b *Bridge) directory() nearmiss.Directory {
	modems := make(map[string]map[string]string)
	for _, m := range b.cfg.Modems {
		if m.Exchange == "" {
			continue
		}
		if modems[m.Exchange] == nil {
			modems[m.Exchange] = make(map[string]string)
		}
		name := m.Name
		if m.Disabled {
			name += " (disabled)"
		}
		modems[m.Exchange][m.ID] = name
	}
	d := make(nearmiss.Directory, 0, len(b.cfg.Exchanges))
	for _, e := range b.cfg.Exchanges {
		d = append(d, nearmiss.NewExchange(e.Name, &e.Profile, modems[e.Name]))
	}
	return d
}

// secrets are the credentials of all modems.
func (b *Bridge) secrets() []wire.Credentials {
	var all []wire.Credentials
	for _, m := range b.cfg.Modems {
		if m.Credentials.Asked() {
			all = append(all, m.Credentials)
		}
	}
	return all
}

// exchange returns the exchange of that name, nil if there is none.
func (b *Bridge) exchange(name string) *exchange {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, _ := b.exchanges.has(name)
	return e
}

// show shows what passes until a caller has registered to those who watch the exchange.
func (e *exchange) show(o relay.Overheard) {
	if !e.watchers.Any() && !e.rawWatchers.Any() {
		return
	}
	t := status.Traffic{At: o.At, Peer: o.Peer, Note: o.Note}
	raw := t
	switch {
	case len(o.Sent) > 0:
		t.Dir, t.Data = status.ToModem, o.Sent
		raw = t
	case o.New > 0:
		masked, _ := e.relay.Mask(o.Came)
		t.Dir, t.Data = status.FromModem, masked[len(masked)-o.New:]
		raw.Dir, raw.Data = t.Dir, o.Came[len(o.Came)-o.New:]
	}
	e.watchers.Show(t)
	e.rawWatchers.Show(raw)
}

// watch gives f what callers send until ctx ends, or the exchange does.
func (e *exchange) watch(ctx context.Context, raw bool, f func(status.Traffic)) {
	watchers := &e.watchers
	if raw {
		watchers = &e.rawWatchers
	}
	if watchers.Watch(ctx, "", e.ended, f) {
		f(status.Traffic{At: time.Now(), Note: "exchange " + e.cfg.Name + " left the configuration or was changed"})
	}
}
