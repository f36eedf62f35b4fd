package bridge

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"meterline/bridge/journal"
	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/bridge/watch"
	"meterline/relay"
)

// exchange keeps one listening address open: a configured exchange, or a modem's own.
type exchange struct {
	cfg   ExchangeConfig
	modem string // whose own address it is, empty for a configured exchange
	log   *slog.Logger
	relay *relay.Exchange
	tried func() // called once, when the exchange listens or has failed for the first time
	ended chan struct{}

	watchers, rawWatchers watch.Watchers // of callers; the latter see credentials

	mu      sync.Mutex
	lastErr error
}

func newExchange(cfg ExchangeConfig, modem string, log *slog.Logger, unknown *relay.UnknownList, origins *relay.Origins, tried func()) *exchange {
	log, tried = log.With("exchange", cfg.Name), sync.OnceFunc(tried)
	e := &exchange{cfg: cfg, modem: modem, log: log, tried: tried, ended: make(chan struct{})}
	e.relay = &relay.Exchange{
		Name: cfg.Name, Listen: cfg.Listen, Profile: cfg.Profile, Allow: cfg.Allow,
		RegistrationTimeout: cfg.RegistrationTimeout, MaxUnregistered: cfg.MaxUnregistered, Log: journal.Unlimited(log), Unknown: unknown,
		Origins: origins, Listening: tried, Overhear: e.show,
	}
	return e
}

func (e *exchange) key() exchangeKey { return exchangeKey{e.cfg, e.modem} }

// run listens until ctx ends. It tries again and again if the address cannot be had.
func (e *exchange) run(ctx context.Context) {
	defer close(e.ended)
	defer e.tried()
	retry := backoff.NewExponentialBackOff()
	retry.InitialInterval, retry.MaxInterval = time.Second, 30*time.Second
	for {
		err := e.relay.Run(ctx)
		if ctx.Err() != nil {
			return
		}
		pause := retry.NextBackOff()
		e.log.Log(ctx, e.failed(err), "exchange down", "err", err, "again_in", pause.Round(time.Millisecond))
		e.tried()
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// failed notes why the exchange is down. It returns the level to log that at: a repeated failure is only logged for debugging.
func (e *exchange) failed(err error) slog.Level {
	e.mu.Lock()
	defer e.mu.Unlock()
	level := slog.LevelWarn
	if e.lastErr != nil && e.lastErr.Error() == err.Error() {
		level = slog.LevelDebug
	}
	e.lastErr = err
	return level
}

// Down returns why no modem can call in here. It returns nil while the exchange listens, and before it was tried.
func (e *exchange) Down() error {
	if e.relay.Addr() != nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.lastErr
}

func (e *exchange) status(modems []status.Modem) status.Exchange {
	s := status.Exchange{Name: e.cfg.Name, Listen: e.cfg.Listen, Counts: e.relay.Counts()}
	if a := e.relay.Addr(); a != nil {
		s.Up, s.Listen = true, a.String()
	}
	for _, m := range modems {
		if m.Exchange == e.cfg.Name && e.modem == "" || e.modem == m.Name {
			s.Modems++
			if m.State == string(modem.Up) {
				s.Online++
			}
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lastErr != nil && !s.Up {
		s.LastError = e.lastErr.Error()
	}
	return s
}
