package journal

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// New returns a queue in front of next, which only Run's goroutine calls.
func New(next slog.Handler) *Queue {
	q := newQueue(func(ctx context.Context, gap Gap) error {
		r := slog.NewRecord(time.Now(), slog.LevelWarn, "records of the log were dropped, it was not taken", 0)
		r.AddAttrs(slog.Int64("dropped", gap.Dropped), slog.Time("since", gap.Since))
		return next.Handle(ctx, r)
	})
	q.next = next
	return q
}

// handler puts records into a queue.
type handler struct {
	q    *Queue
	next slog.Handler
}

// Logger returns a logger that logs through the queue, and never waits.
func (q *Queue) Logger() *slog.Logger { return slog.New(&handler{q, q.next}) }

// Queued reports whether log logs through a queue, so that it may be used with locks held.
func Queued(log *slog.Logger) bool {
	_, ok := log.Handler().(*handler)
	return ok
}

func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h *handler) Handle(_ context.Context, r slog.Record) error {
	r, size := detach(r)
	h.q.put(size, func(ctx context.Context) error { return h.next.Handle(ctx, r) })
	return nil
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &handler{h.q, h.next.WithAttrs(attrs)}
}

func (h *handler) WithGroup(name string) slog.Handler { return &handler{h.q, h.next.WithGroup(name)} }

// detach returns a copy of r for writing later, which does not depend on what its attributes point at, and estimates its size in bytes.
func detach(r slog.Record) (slog.Record, int) {
	own := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	size := 200 + len(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		a.Value = detached(a.Value)
		size += 32 + len(a.Key) + sizeOf(a.Value)
		own.AddAttrs(a)
		return true
	})
	return own, size
}

// detached resolves a value, and turns an error into its text, as slog's own handlers do.
func detached(v slog.Value) slog.Value {
	v = v.Resolve()
	if v.Kind() != slog.KindAny {
		return v
	}
	if err, ok := v.Any().(error); ok {
		return slog.StringValue(textOf(err))
	}
	return v
}

// textOf returns err's text. An error whose method panics, such as a nil pointer, must not end the program.
func textOf(err error) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprintf("!PANIC: %v", p)
		}
	}()
	return err.Error()
}

func sizeOf(v slog.Value) int {
	switch v.Kind() {
	case slog.KindString:
		return len(v.String())
	case slog.KindGroup:
		size := 0
		for _, a := range v.Group() {
			size += len(a.Key) + sizeOf(a.Value.Resolve())
		}
		return size
	case slog.KindAny:
		return len(fmt.Sprint(v.Any()))
	}
	return 16
}
