package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"meterline/bridge"
	"meterline/bridge/journal"
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
func (h host) openLog(ctx context.Context, set config.Log, level slog.Leveler) *daemonLog {
	d := &daemonLog{to: "standard error"}
	w := h.logs
	if set.File != "" {
		d.spare = journal.NewLines(h.logs)
		d.running.Go(func() { d.spare.Run(ctx) })
		d.file = newLogFile(set.File, set.Size, set.Keep, d.spare)
		d.to, w = set.File, d.file
		fmt.Fprintf(d.spare, "meterline: the log is %s\n", set.File) // a queue does not fail
	}
	var events []slog.Handler
	if h.events != nil {
		d.events = journal.New(h.events)
		d.running.Go(func() { d.events.Run(ctx) })
		events = append(events, d.events.Logger().Handler())
	}
	d.records = journal.New(newLogger(w, level, set.JSON, events...).Handler())
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
func (d *daemonLog) status() *bridge.LogStatus {
	s := d.records.State()
	st := &bridge.LogStatus{To: d.to, Since: s.Since, Waiting: s.Waiting, Dropped: s.Dropped}
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
