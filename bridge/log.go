package bridge

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"meterline/bridge/journal"
)

// flushFor is how long the bridge waits at its end for its own queue to be written.
const flushFor = 2 * time.Second

// logging is how the bridge logs. Changes of state are logged while locks of the byte path are held. So every record goes through a
// queue, whose goroutine calls the handler of Options.Log without any lock. Records that modems and programs can cause again and
// again are limited.
type logging struct {
	limiter journal.Limiter
	queue   *journal.Queue // nil: Options.Log logs through a queue already
}

// open returns the bridge's logger, which logs to log; nil discards everything.
func (l *logging) open(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	if !journal.Queued(log) {
		l.queue = journal.New(log.Handler())
		log = l.queue.Logger()
	}
	return l.limiter.Logger(log)
}

// run starts writing what is logged. The caller ends that by close, when nobody logs any more.
func (l *logging) run(ctx context.Context, wg *sync.WaitGroup) {
	if l.queue != nil {
		wg.Go(func() { l.queue.Run(ctx) })
	}
}

// close writes what is left. It reports whether run's goroutine has ended: it has not if the handler does not return.
func (l *logging) close() bool {
	l.limiter.Close()
	return l.queue == nil || l.queue.Close(flushFor)
}
