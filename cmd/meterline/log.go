package main

import (
	"io"
	"log/slog"
)

// newLogger writes records from level up, as text or as one JSON object a line.
func newLogger(w io.Writer, level slog.Leveler, json bool) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if json {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
