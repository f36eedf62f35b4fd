package daemon

import (
	"context"
	"log/slog"
	"strings"
	"unicode/utf8"
)

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
