package vporttest

import (
	"bytes"
	"fmt"
	"sync"

	"meterline/vport"
)

// Log is what has been logged, for a test that looks at it meanwhile.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Describe is a signal in words that tests compare.
func Describe(s vport.Signal) string {
	switch s.Kind {
	case vport.SignalSettings:
		return s.Settings.String()
	case vport.SignalPurge:
		return fmt.Sprint("purge ", s.Received, s.ToSend)
	}
	return fmt.Sprint(s.Kind, " ", s.On)
}
