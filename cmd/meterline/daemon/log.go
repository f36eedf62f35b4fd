package daemon

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"meterline/bridge/journal"
	"meterline/bridge/status"
	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/exit"
)

// flushFor bounds how long the end of the daemon waits for its log, and the report of a fault for who reads it.
const flushFor = 2 * time.Second

// daemonLog is the daemon's log. Standard error may be a pipe that nobody reads, the disk may stall, and so may a system's event
// log: each has a queue of its own, so that none of them holds up the daemon or another one.
type daemonLog struct {
	*slog.Logger
	to      string // in words
	file    *logFile
	records *journal.Queue
	events  *journal.Queue // nil: there is no event log
	spare   *journal.Lines // standard error, where the log has a file; else nil
	running sync.WaitGroup
}

// openLog begins the log. Close ends it.
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

// Close writes what is queued, and waits for that as long as a log that flows may take. One that is stalled is left as it is.
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

// status tells how the log is getting on, and what is wrong with it.
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

// LastWords tells the log of the configuration at path why the daemon has ended: the usual log where that is faulty. Only the
// streams of h count.
func (h Host) LastWords(path string, why error) {
	l := config.UsualLog()
	if set, err := config.Load(path); err == nil {
		l = set.Log
	}
	log := h.openLog(context.Background(), l, slog.LevelInfo)
	log.Error("meterline could not serve", "error", why)
	_ = log.Close() // there is nobody else to tell
}

// report writes a last text to w, and gives up when nobody reads it.
func report(ctx context.Context, w io.Writer, text string) {
	lines := journal.NewLines(w)
	var running sync.WaitGroup
	running.Go(func() { lines.Run(ctx) })
	_, _ = io.WriteString(lines, text) // a queue does not fail
	if lines.Close(flushFor) {
		running.Wait()
	}
}

// reported is err for a verb that has said on w itself what has failed, without waiting for who does not read.
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

// NewLogger writes records from level up, as text or as one JSON object a line; others get them besides, as they choose.
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
