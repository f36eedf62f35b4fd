package config

import (
	"log/slog"
	"regexp"
	"strconv"
	"strings"
)

// A log's size, and how many full ones are kept, where nothing is said.
const (
	usualLogMB   = 10
	usualLogKeep = 5
)

// Log are where the log goes, and what goes there.
type Log struct {
	Level slog.Level
	JSON  bool
	File  string // empty: standard error
	Size  int64  // bytes, at which a new file is begun
	Keep  int    // full ones that are kept
}

// UsualLog is the log of a configuration that says nothing of it.
func UsualLog() Log {
	return Log{File: defaultLog(), Size: usualLogMB << 20, Keep: usualLogKeep}
}

// logging reads the keys of the log.
func (c *checker) logging(top *section) Log {
	var l Log
	switch top.choice("log_level", "info", "debug", "warn", "error") {
	case "debug":
		l.Level = slog.LevelDebug
	case "warn":
		l.Level = slog.LevelWarn
	case "error":
		l.Level = slog.LevelError
	}
	l.JSON = top.choice("log_format", "text", "json") == "json"
	l.File = defaultLog()
	if file := top.text("log_file"); file != "" {
		l.File = absolute(top.at.src, file)
		c.claim("path", l.File, top.place("log_file"), "log_file", flawf("write another path", "log_file: %s is taken", file))
	}
	l.Size = top.size("log_size", usualLogMB)
	l.Keep = top.number("log_keep", usualLogKeep, 0, 1000)
	for _, key := range []string{"log_size", "log_keep"} {
		if l.File == "" && top.own(key) {
			top.fault(key, flawf(`write log_file = "/var/log/meterline/meterline.log" too, or leave it out`, "it goes with log_file"))
		}
	}
	return l
}

var sizeText = regexp.MustCompile(`^(\d{1,9}) ?(?i:(k|M|G)i?B?)$`)

const smallestLog, biggestLog = 64 << 10, 4 << 30

// size is a number of MB, or a text with a unit; usual MB if the key is missing.
func (t *section) size(key string, usual int64) int64 {
	g, there := t.keys[key]
	if !there {
		return usual << 20
	}
	var n int64
	if mb, isNumber := g.value.(int64); isNumber {
		n = min(max(mb, 0), biggestLog) << 20
	} else {
		s := t.text(key)
		if s == "" {
			return usual << 20
		}
		parts := sizeText.FindStringSubmatch(strings.TrimSpace(s))
		if parts == nil {
			t.fault(key, flawf(`write it in MB, like 10, or like "500 kB", "10 MB" or "1 GB"`, "%q is no size", s))
			return usual << 20
		}
		n, _ = strconv.ParseInt(parts[1], 10, 64) // nine digits
		n <<= map[string]int{"k": 10, "m": 20, "g": 30}[strings.ToLower(parts[2])]
	}
	if n < smallestLog || n > biggestLog {
		t.fault(key, flawf(`write something from "64 kB" to "4 GB"`, "%v is out of range", g.value))
		return usual << 20
	}
	return n
}
