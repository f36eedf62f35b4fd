package journal

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// How records that repeat are thinned. A kind of record is a message of one subject: a modem, a port, an exchange.
const (
	fewNews     = 10               // records of a kind that pass in a row at Info
	fewFaults   = 3                // and above
	againEvery  = time.Minute      // one more may pass after so long
	firstPause  = time.Minute      // how long those that do not pass are gathered at first; doubled each time
	longest     = time.Hour        // the longest such pause
	newsAgain   = 10 * time.Minute // a kind that stayed away for so long passes at once
	sweepAtMost = 1024             // kinds that are remembered without looking whether they have stayed away
)

// Thinner lets records of one kind through at a falling rate, however often a modem, a program or a stranger brings them about:
// the first few at once, then the latest of those that have gathered in one minute, two, four and so on up to an hour, with
// left_out, how many others there were. What comes once a minute is not thinned, nor are debugging records.
type Thinner struct {
	mu    sync.Mutex
	kinds map[kind]*repeats
	sweep int // how many kinds there are when those that have stayed away are forgotten
}

// kind is what is counted together.
type kind struct{ subject, message string }

// repeats is what is known of a kind.
type repeats struct {
	left    float64   // how many may pass at once, at the time last
	last    time.Time // when one came
	pause   time.Duration
	due     *time.Timer // ends the pause; nil: everything passes
	held    *heldRecord // the latest of those left out in this pause, nil: there is none
	leftOut int64       // in this pause
}

// heldRecord is a record and the way to its handler. A queue's handler does not fail.
type heldRecord struct {
	record slog.Record
	hand   func(slog.Record)
}

// Logger thins what is logged to log, whose handler must not wait.
func (t *Thinner) Logger(log *slog.Logger) *slog.Logger {
	return slog.New(&thinning{t: t, next: log.Handler()})
}

// Whole is the logger that log thins, with log's attributes; a logger that thins nothing is returned as it is.
func Whole(log *slog.Logger) *slog.Logger {
	if h, ok := log.Handler().(*thinning); ok {
		return slog.New(h.next)
	}
	return log
}

// Together makes all that is derived from log one subject, so that a number of subjects without end is thinned, too.
func Together(log *slog.Logger, subject string) *slog.Logger {
	if h, ok := log.Handler().(*thinning); ok {
		return slog.New(&thinning{t: h.t, next: h.next, subject: subject, fixed: true})
	}
	return log
}

// Close passes on what is still left out, and ends the timers. What is logged later passes as it does before any repeats.
func (t *Thinner) Close() {
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

// pass counts a record, and reports whether it passes. Otherwise it is kept, to be passed on when the pause is over.
func (t *Thinner) pass(k kind, h *heldRecord, now time.Time) (leftOut int64, ok bool) {
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

// find is what is known of k. The caller holds mu.
func (t *Thinner) find(k kind, few float64, now time.Time) *repeats {
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

// over ends a pause: the latest record that was left out passes, and a longer pause begins. Where there was none, all pass again.
func (t *Thinner) over(k kind, r *repeats) {
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

// take is the record that stands for all that were left out, nil if none was. The caller holds mu.
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

// thinning is the handler of one subject.
type thinning struct {
	t       *Thinner
	next    slog.Handler
	subject string
	fixed   bool // attributes make no other subject
}

func (h *thinning) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h *thinning) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelInfo {
		return h.next.Handle(ctx, r)
	}
	own, _ := settle(r)
	ctx = context.WithoutCancel(ctx) // it may be handed on later
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

// portOf is the port that a record names, which makes it one of another kind.
func portOf(r slog.Record) (port string) {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "port" {
			port = a.Value.String()
		}
		return port == ""
	})
	return port
}

func (h *thinning) WithAttrs(attrs []slog.Attr) slog.Handler {
	derived := &thinning{t: h.t, next: h.next.WithAttrs(attrs), subject: h.subject, fixed: h.fixed}
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

func (h *thinning) WithGroup(name string) slog.Handler {
	return &thinning{t: h.t, next: h.next.WithGroup(name), subject: h.subject, fixed: h.fixed}
}
