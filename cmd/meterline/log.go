package main

import (
	"io"
	"log/slog"
)

// newLogger writes records from level up, as text or as one JSON object a line; others get them besides, as they choose.
func newLogger(w io.Writer, level slog.Leveler, json bool, others ...slog.Handler) *slog.Logger {
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
