package bridge

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"meterline/bridge/journal"
)

// flushFor bounds how long the end waits for a log of its own queue.
const flushFor = 2 * time.Second

// logging is how the bridge logs. States change, and are logged, while locks of the byte path are held: so every record goes by way
// of a queue, and the handler that Options.Log has is called by the queue's goroutine, with no lock held. What modems and
// programs can bring about again and again is thinned.
type logging struct {
	thinner journal.Thinner
	queue   *journal.Queue // nil: Options.Log has one already
}

// open makes the bridge's logger of the one it was given, which may be nil.
func (l *logging) open(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	if !journal.Queued(log) {
		l.queue = journal.New(log.Handler())
		log = l.queue.Logger()
	}
	return l.thinner.Logger(log)
}

// run begins to hand on what is logged. The caller ends it with close, when nobody logs any more.
func (l *logging) run(ctx context.Context, wg *sync.WaitGroup) {
	if l.queue != nil {
		wg.Go(func() { l.queue.Run(ctx) })
	}
}

// close hands on what is left. It reports whether run's goroutine has ended: it has not where the handler does not return.
func (l *logging) close() bool {
	l.thinner.Close()
	return l.queue == nil || l.queue.Close(flushFor)
}
