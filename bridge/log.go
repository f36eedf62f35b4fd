package bridge

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"meterline/bridge/journal"
)

// flushFor bounds how long the end of Run waits until the log's queue is written.
const flushFor = 2 * time.Second

// logging is how the bridge logs. A handler may be slow, and the byte path must not wait for it: every record goes into a queue, whose
// goroutine calls the handler of Options.Log. What modems and programs can cause again and again is limited in rate.
type logging struct {
	limiter journal.Limiter
	queue   *journal.Queue // nil: Options.Log has one already
}

// open returns the bridge's logger, which writes to log. log may be nil.
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

// run starts the queue's goroutine. The caller calls close when nobody logs any more.
func (l *logging) run(ctx context.Context, wg *sync.WaitGroup) {
	if l.queue != nil {
		wg.Go(func() { l.queue.Run(ctx) })
	}
}

// close writes what is left. It reports whether the queue's goroutine has ended; it has not if the handler does not return.
func (l *logging) close() bool {
	l.limiter.Close()
	return l.queue == nil || l.queue.Close(flushFor)
}
