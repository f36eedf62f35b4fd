package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/status"
	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/render"
)

// stalledEvents is an event log that takes nothing until it is closed.
type stalledEvents chan struct{}

func (e stalledEvents) Enabled(context.Context, slog.Level) bool  { return true }
func (e stalledEvents) Handle(context.Context, slog.Record) error { <-e; return nil }
func (e stalledEvents) WithAttrs([]slog.Attr) slog.Handler        { return e }
func (e stalledEvents) WithGroup(string) slog.Handler             { return e }

// A system's event log that stalls does not keep records from the log's file.
func TestEventLogThatStalls(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.log")
	synctest.Test(t, func(t *testing.T) {
		events := make(stalledEvents)
		d := Host{Logs: new(bytes.Buffer), Events: events}.openLog(t.Context(), config.Log{File: path, Size: 1 << 20}, slog.LevelInfo)
		for i := range 10 {
			d.Warn("record", "n", i)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if text, err := os.ReadFile(path); err != nil || strings.Count(string(text), "msg=record") != 10 {
			t.Errorf("the file has %q, %v", text, err)
		}
		if s := d.status(); !strings.Contains(s.Problem, "event log") || s.Since.IsZero() {
			t.Errorf("status %+v", s)
		}
		begun := time.Now()
		if err := d.Close(); err != nil || time.Since(begun) > flushFor {
			t.Errorf("closed after %v: %v", time.Since(begun), err)
		}
		close(events)
	})
}

// A reload that changes the level is heeded by what is logged from then on, in either format.
func TestLevelOfTheLog(t *testing.T) {
	for _, json := range []bool{false, true} {
		var out bytes.Buffer
		level := new(slog.LevelVar)
		d := Host{Logs: &out}.openLog(t.Context(), config.Log{JSON: json}, level)
		d.Debug("before")
		level.Set(slog.LevelDebug)
		d.With("modem", "a").Debug("after", "err", os.ErrNotExist)
		level.Set(slog.LevelError)
		d.Info("too low")
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		want := `msg=after modem=a err="file does not exist"`
		if json {
			want = `"msg":"after","modem":"a","err":"file does not exist"`
		}
		if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, want) {
			t.Errorf("JSON %v: the log has %s", json, got)
		}
		if s := d.status(); s.Problem != "" || s.To != "standard error" {
			t.Errorf("status %+v", s)
		}
	}
}

func TestProblemOfTheLogInWords(t *testing.T) {
	st := statusWithLog(fmt.Sprintf("nobody takes the log: %d records wait", 3))
	if text := string(render.Problems(st)); !strings.Contains(text, "not well: 1 of") || !strings.Contains(text, "3 records wait") {
		t.Errorf("problems: %s", text)
	}
	if text := string(render.Status(st)); !strings.HasSuffix(text, "log to m.log: nobody takes the log: 3 records wait\n") {
		t.Errorf("status: %s", text)
	}
	if text := string(render.Problems(statusWithLog(""))); !strings.HasPrefix(text, "all is well") {
		t.Errorf("problems: %s", text)
	}
}

func statusWithLog(problem string) status.Status {
	return status.Status{At: time.Now(), Log: &status.Log{To: "m.log", Problem: problem, Since: time.Now()}}
}

func TestEventsAreWarningsAndErrors(t *testing.T) {
	var warnings, failures []string
	events := NewEventHandler(
		func(text string) { warnings = append(warnings, text) }, func(text string) { failures = append(failures, text) },
	)
	var own bytes.Buffer
	log := NewLogger(&own, slog.LevelError, true, events).With("modem", "boiler").WithGroup("g")
	log.Debug("nothing")
	log.Info("nothing")
	log.Warn("who is this", "time", "noon")
	log.Error("it ends", "error", errors.New("a b"))
	if want := []string{`msg="who is this" modem=boiler g.time=noon`}; !slices.Equal(warnings, want) {
		t.Errorf("warnings %q, want %q", warnings, want)
	}
	if want := []string{`msg="it ends" modem=boiler g.error="a b"`}; !slices.Equal(failures, want) {
		t.Errorf("errors %q, want %q", failures, want)
	}
	if got := own.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `"msg":"it ends"`) {
		t.Errorf("the log beside it, from errors up: %s", got)
	}
}

func TestEventText(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{" a\x00b\n", "ab"},
		{strings.Repeat("x", longestEvent), strings.Repeat("x", longestEvent)},
		{strings.Repeat("ж", longestEvent), strings.Repeat("ж", longestEvent/2)},
		{"x" + strings.Repeat("ж", longestEvent), "x" + strings.Repeat("ж", longestEvent/2)},
		{"x" + strings.Repeat("€", longestEvent), "x" + strings.Repeat("€", (longestEvent-1)/3)},
	} {
		if got := eventText(c.in); got != c.want {
			t.Errorf("%d bytes become %d, want %d", len(c.in), len(got), len(c.want))
		}
	}
}
