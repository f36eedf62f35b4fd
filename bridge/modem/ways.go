package modem

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"

	"meterline/relay"
)

// steady is how long a session that brings nothing must last for the next call's pause to start small again: a device that answers and
// hangs up at once must not be called in a loop.
const steady = 30 * time.Second

// ErrNotWanted ends what nobody wants any more.
var ErrNotWanted = errors.New("no longer wanted")

// ways are the ways to a modem, and what goes wrong with them. They are guarded by the modem's mutex.
type ways struct {
	cfg     *Config
	line    relay.Line // how we call it, nil: only it calls
	retry   *backoff.ExponentialBackOff
	next    time.Time // no call before
	cancel  context.CancelCauseFunc
	failed  string  // the error of the last call, which is logged only when it changes; empty after a success
	inbound Inbound // the exchange at which the modem calls in, nil if it does not
	own     Inbound // the listening address that belongs to this modem alone, nil if there is none

	born      time.Time
	lineEnded map[string]time.Time // by line: when its last session ended
	lastErr   error                // the latest error of any of the ways
	lastErrAt time.Time
}

func newWays(cfg *Config, line relay.Line, now time.Time) ways {
	retry := backoff.NewExponentialBackOff()
	retry.InitialInterval, retry.MaxInterval = cfg.RetryMin, cfg.RetryMax
	return ways{cfg: cfg, line: line, retry: retry, born: now, lineEnded: make(map[string]time.Time)}
}

// note keeps what went wrong last.
func (w *ways) note(err error) { w.lastErr, w.lastErrAt = err, time.Now() }

// postpone puts the next call off by the back-off's next pause.
func (w *ways) postpone() time.Duration {
	pause := w.retry.NextBackOff()
	w.next = time.Now().Add(pause)
	return pause
}

// giveUp ends the attempt that is under way, if any.
func (w *ways) giveUp(cause error) {
	if w.cancel != nil {
		w.cancel(cause)
	}
}

// callFailed notes why, and puts off the next attempt by the pause that it returns. The level is how loudly to log it.
func (w *ways) callFailed(err error) (pause time.Duration, level slog.Level) {
	level = slog.LevelWarn
	if w.failed == err.Error() {
		level = slog.LevelDebug // status goes on showing it
	}
	w.failed = err.Error()
	w.note(err)
	return w.postpone(), level
}

// sessionEnded notes why s ended, and when the modem may be called again: at once if it was us who ended it for want of use. useful says
// that it brought anything.
func (w *ways) sessionEnded(s *relay.Session, cause error, useful bool) {
	w.lineEnded[s.Line()] = time.Now()
	unwanted := errors.Is(cause, relay.ErrLinger)
	if unwanted || useful || time.Since(s.Since()) >= steady {
		w.retry.Reset()
	}
	if !unwanted {
		w.note(cause)
		w.postpone()
	}
}

// awayError says that there is no session, and why.
func (w *ways) awayError(err error) error {
	if w.lastErr == nil {
		return fmt.Errorf("modem %s is away: %w", w.cfg.Name, err)
	}
	return fmt.Errorf("modem %s is away: %w; the last error was: %w", w.cfg.Name, err, w.lastErr)
}
