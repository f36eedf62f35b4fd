package journal

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// How repeated records are limited. Records of one kind have the same message and the same subject: a modem, a port or an exchange.
const (
	fewNews     = 10               // records of a kind that pass in a row, at level Info
	fewFaults   = 3                // and at higher levels
	againEvery  = time.Minute      // after this time one more may pass
	firstPause  = time.Minute      // the first pause in which records are held back; each further one is twice as long
	longest     = time.Hour        // the longest such pause
	newsAgain   = 10 * time.Minute // a kind that has not occurred for so long passes at once
	sweepAtMost = 1024             // with fewer kinds than this, old ones are not looked for
)

// Limiter lets records of one kind through at a falling rate, however often a modem, a program or a stranger causes them. The first few
// pass at once. After that only the latest record of each pause passes, with left_out, the number of others; pauses last one minute,
// two, four and so on up to an hour. Records once a minute are not limited, nor are debugging records. The zero value is ready.
type Limiter struct {
	mu    sync.Mutex
	kinds map[kind]*repeats
	sweep int // at so many kinds, those that have not occurred for newsAgain are forgotten
}

// kind identifies the records that are counted together.
type kind struct{ subject, message string }

// repeats is the state of one kind.
type repeats struct {
	left    float64   // how many may pass at once, as of last
	last    time.Time // when the latest record came
	pause   time.Duration
	due     *time.Timer // ends the pause; nil: there is no pause, and everything passes
	held    *heldRecord // the latest record held back in this pause, or nil
	leftOut int64       // how many were held back in this pause
}

// heldRecord is a record that is held back, and the function that logs it later. That returns no error: a queue takes every record.
type heldRecord struct {
	record slog.Record
	hand   func(slog.Record)
}

// Logger returns a logger that limits what is logged to log, whose handler must not wait.
func (t *Limiter) Logger(log *slog.Logger) *slog.Logger {
	return slog.New(&limited{t: t, next: log.Handler()})
}

// Unlimited returns the logger behind a limited one, with the same attributes. A logger that is not limited is returned as it is.
func Unlimited(log *slog.Logger) *slog.Logger {
	if h, ok := log.Handler().(*limited); ok {
		return slog.New(h.next)
	}
	return log
}

// OneSubject returns a logger whose records all have one subject, whatever attributes are added later. It is for subjects whose number
// has no limit, such as addresses that programs dial.
func OneSubject(log *slog.Logger, subject string) *slog.Logger {
	if h, ok := log.Handler().(*limited); ok {
		return slog.New(&limited{t: h.t, next: h.next, subject: subject, fixed: true})
	}
	return log
}

// Close passes on the records that are held back, and stops the timers. Records logged later are limited as if the Limiter were new.
func (t *Limiter) Close() {
	t.mu.Lock()
	kinds := t.kinds
	t.kinds = nil
	var held []*heldRecord
	for _, r := range kinds {
		if r.due != nil {
			r.due.Stop()
		}
		if h := r.take(); h != nil {
			held = append(held, h)
		}
	}
	t.mu.Unlock()
	for _, h := range held {
		h.hand(h.record)
	}
}

// pass counts a record, and reports whether it passes. If not, the record is held until the pause ends, in place of the one held so
// far. leftOut is how many were held back before a record that passes.
func (t *Limiter) pass(k kind, h *heldRecord, now time.Time) (leftOut int64, ok bool) {
	few := float64(fewNews)
	if h.record.Level > slog.LevelInfo {
		few = fewFaults
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.find(k, few, now)
	away := now.Sub(r.last)
	r.left = min(few, r.left+float64(away)/float64(againEvery))
	r.last = now
	switch {
	case r.due != nil && away >= newsAgain:
		r.due.Stop()
		leftOut = r.leftOut
		r.due, r.held, r.leftOut, r.pause = nil, nil, 0, 0
	case r.due == nil && r.left >= 1:
	default:
		r.held = h
		r.leftOut++
		if r.due == nil {
			r.pause = firstPause
			r.due = time.AfterFunc(r.pause, func() { t.over(k, r) })
		}
		return 0, false
	}
	r.left--
	return leftOut, true
}

// find returns the state of k, a new one if k has not occurred lately. The caller holds mu.
func (t *Limiter) find(k kind, few float64, now time.Time) *repeats {
	r := t.kinds[k]
	if r != nil {
		return r
	}
	if len(t.kinds) >= max(t.sweep, sweepAtMost) {
		for other, r := range t.kinds {
			if r.due == nil && now.Sub(r.last) >= newsAgain {
				delete(t.kinds, other)
			}
		}
		t.sweep = 2 * len(t.kinds)
	}
	if t.kinds == nil {
		t.kinds = make(map[kind]*repeats)
	}
	r = &repeats{left: few, last: now}
	t.kinds[k] = r
	return r
}

// over ends a pause: the record that is held passes, and a longer pause begins. If none is held, records of this kind pass again.
func (t *Limiter) over(k kind, r *repeats) {
	t.mu.Lock()
	h := r.take()
	if h == nil {
		if t.kinds[k] == r {
			delete(t.kinds, k)
		}
		t.mu.Unlock()
		return
	}
	if t.kinds[k] == r && r.due != nil {
		r.pause = min(2*r.pause, longest)
		r.due.Reset(r.pause)
	}
	t.mu.Unlock()
	h.hand(h.record)
}

// take removes and returns the record that is held, with the number of those held back before it; nil if none is. The caller holds mu.
func (r *repeats) take() *heldRecord {
	h := r.held
	if h == nil {
		return nil
	}
	if others := r.leftOut - 1; others > 0 {
		h.record.AddAttrs(slog.Int64("left_out", others))
	}
	r.held, r.leftOut = nil, 0
	return h
}

// limited is the handler of one subject.
type limited struct {
	t       *Limiter
	next    slog.Handler
	subject string
	fixed   bool // attributes do not make another subject
}

func (h *limited) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h *limited) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelInfo {
		return h.next.Handle(ctx, r)
	}
	own, _ := detach(r)
	ctx = context.WithoutCancel(ctx) // the record may be passed on later
	held := &heldRecord{own, func(r slog.Record) { _ = h.next.Handle(ctx, r) }}
	leftOut, ok := h.t.pass(kind{h.subject + portOf(own), r.Message}, held, time.Now())
	if !ok {
		return nil
	}
	if leftOut > 0 {
		own.AddAttrs(slog.Int64("left_out", leftOut))
	}
	return h.next.Handle(ctx, own)
}

// portOf returns the port that a record names. Records of different ports are of different kinds.
func portOf(r slog.Record) (port string) {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "port" {
			port = a.Value.String()
		}
		return port == ""
	})
	return port
}

func (h *limited) WithAttrs(attrs []slog.Attr) slog.Handler {
	derived := &limited{t: h.t, next: h.next.WithAttrs(attrs), subject: h.subject, fixed: h.fixed}
	if !h.fixed {
		var b strings.Builder
		b.WriteString(h.subject)
		for _, a := range attrs {
			b.WriteString(a.String() + " ")
		}
		derived.subject = b.String()
	}
	return derived
}

func (h *limited) WithGroup(name string) slog.Handler {
	return &limited{t: h.t, next: h.next.WithGroup(name), subject: h.subject, fixed: h.fixed}
}
