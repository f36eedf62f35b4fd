package daemon

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

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
