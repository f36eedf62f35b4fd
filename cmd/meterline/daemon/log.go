package daemon

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"meterline/bridge/journal"
	"meterline/bridge/status"
	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/exit"
)

// flushFor is how long the daemon waits at its end until its log is written, and a verb until its error message is.
const flushFor = 2 * time.Second

// daemonLog is the daemon's log. Standard error may be a pipe that nobody reads, and a disk or an event log may stall. So each of them has
// its own queue, and none delays the daemon or another one.
type daemonLog struct {
	*slog.Logger
	to      string // where the log goes, in words
	file    *logFile
	records *journal.Queue
	events  *journal.Queue // nil: there is no event log
	spare   *journal.Lines // standard error if the log is a file, else nil
	running sync.WaitGroup
}

// openLog returns the log that set describes. The caller ends it by Close.
func (h Host) openLog(ctx context.Context, set config.Log, level slog.Leveler) *daemonLog {
	d := &daemonLog{to: "standard error"}
	w := h.Logs
	if set.File != "" {
		d.spare = journal.NewLines(h.Logs)
		d.running.Go(func() { d.spare.Run(ctx) })
		d.file = newLogFile(set.File, set.Size, set.Keep, d.spare)
		d.to, w = set.File, d.file
		fmt.Fprintf(d.spare, "meterline: the log is %s\n", set.File) // a queue does not fail
	}
	var events []slog.Handler
	if h.Events != nil {
		d.events = journal.New(h.Events)
		d.running.Go(func() { d.events.Run(ctx) })
		events = append(events, d.events.Logger().Handler())
	}
	d.records = journal.New(NewLogger(w, level, set.JSON, events...).Handler())
	d.running.Go(func() { d.records.Run(ctx) })
	d.Logger = d.records.Logger()
	return d
}

// Close writes what is queued, and waits for that for at most flushFor. A log that is stalled is not closed.
func (d *daemonLog) Close() error {
	end := time.Now().Add(flushFor)
	written := d.records.Close(flushFor)
	flushed := written
	if d.events != nil {
		flushed = d.events.Close(time.Until(end)) && flushed
	}
	if d.spare != nil {
		flushed = d.spare.Close(time.Until(end)) && flushed
	}
	if flushed {
		d.running.Wait()
	}
	if d.file == nil || !written {
		return nil
	}
	return d.file.Close()
}

// status returns the state of the log, and what is wrong with it.
func (d *daemonLog) status() *status.Log {
	s := d.records.State()
	st := &status.Log{To: d.to, Since: s.Since, Waiting: s.Waiting, Dropped: s.Dropped}
	switch {
	case s.Err != nil:
		st.Problem = fmt.Sprintf("records are lost, they cannot be written: %v", s.Err)
	case !s.Since.IsZero():
		st.Problem = fmt.Sprintf("nobody takes the log: %d records wait", s.Waiting)
	case d.file != nil:
		st.Problem, st.Since = d.file.problem()
	}
	if st.Problem == "" && d.events != nil {
		if e := d.events.State(); !e.Since.IsZero() {
			st.Problem, st.Since = "nobody takes what is for the event log", e.Since
		}
	}
	if st.Problem != "" && s.Dropped > 0 {
		st.Problem += fmt.Sprintf(", %d were dropped", s.Dropped)
	}
	return st
}

// LastWords writes to the log of the configuration at path why the daemon has ended. If that configuration is faulty, it uses the default
// log. Of h only Logs and Events matter.
func (h Host) LastWords(path string, why error) {
	l := config.UsualLog()
	if set, err := config.Load(path); err == nil {
		l = set.Log
	}
	log := h.openLog(context.Background(), l, slog.LevelInfo)
	log.Error("meterline could not serve", "error", why)
	_ = log.Close() // an error could be reported to nobody
}

// report writes a text to w, and gives up after flushFor if nobody reads it.
func report(ctx context.Context, w io.Writer, text string) {
	lines := journal.NewLines(w)
	var running sync.WaitGroup
	running.Go(func() { lines.Run(ctx) })
	_, _ = io.WriteString(lines, text) // a queue does not fail
	if lines.Close(flushFor) {
		running.Wait()
	}
}

// reported writes err to w, without waiting long for a reader, and returns it marked as reported, with its exit code.
func reported(ctx context.Context, w io.Writer, err error) error {
	if err == nil {
		return nil
	}
	report(ctx, w, fmt.Sprintf("meterline: %v\n", err))
	code := exit.Failed
	if exit.IsCoded(err) {
		code = exit.Code(err)
	}
	return &exit.Error{Code: code, Err: err, Quiet: true}
}

// NewLogger returns a logger that writes records from level up to w, as text or as one JSON object a line. The others get all records as
// well, and choose by themselves.
func NewLogger(w io.Writer, level slog.Leveler, json bool, others ...slog.Handler) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	var own slog.Handler = slog.NewTextHandler(w, options)
	if json {
		own = slog.NewJSONHandler(w, options)
	}
	if len(others) == 0 {
		return slog.New(own)
	}
	return slog.New(slog.NewMultiHandler(append([]slog.Handler{own}, others...)...))
}

// longestEvent is the length of the longest text that Windows' event log takes, in characters.
const longestEvent = 31_839

// eventHandler passes warnings and errors to a system's event log, which records their time and level itself.
type eventHandler struct {
	warning, failure slog.Handler
}

// NewEventHandler returns a handler that calls warning for each warning, and failure for each error.
func NewEventHandler(warning, failure func(text string)) slog.Handler {
	plain := &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
			return slog.Attr{}
		}
		return a
	}}
	return eventHandler{
		warning: slog.NewTextHandler(eventWriter(warning), plain), failure: slog.NewTextHandler(eventWriter(failure), plain),
	}
}

func (h eventHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.warning.Enabled(ctx, level)
}

func (h eventHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		return h.failure.Handle(ctx, r)
	}
	return h.warning.Handle(ctx, r)
}

func (h eventHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return eventHandler{warning: h.warning.WithAttrs(attrs), failure: h.failure.WithAttrs(attrs)}
}

func (h eventHandler) WithGroup(name string) slog.Handler {
	return eventHandler{warning: h.warning.WithGroup(name), failure: h.failure.WithGroup(name)}
}

// eventWriter passes on each record as one text.
type eventWriter func(text string)

func (w eventWriter) Write(p []byte) (int, error) {
	w(eventText(string(p)))
	return len(p), nil
}

// eventText returns text as an event log takes it: without NUL, and not too long.
func eventText(text string) string {
	text = strings.ReplaceAll(strings.TrimSpace(text), "\x00", "")
	if len(text) <= longestEvent { // a text never has more characters than bytes
		return text
	}
	end := longestEvent
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
