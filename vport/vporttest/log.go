package vporttest

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"

	"meterline/vport"
)

// Log collects what is logged, for a test that looks at it at the same time.
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

// soon is how long Expect waits for each thing.
const soon = 20 * time.Second

// Expect wants the next values of told to be these, in this order.
func (l *Log) Expect(t testing.TB, told <-chan string, want ...string) {
	t.Helper()
	for _, w := range want {
		select {
		case got := <-told:
			if got != w {
				t.Fatalf("%q, want %q", got, w)
			}
		case <-time.After(soon):
			t.Fatalf("%q has not come; the log is\n%s", w, l)
		}
	}
}

// Describe returns a signal in words that tests compare.
func Describe(s vport.Signal) string {
	switch s.Kind {
	case vport.SignalSettings:
		return s.Settings.String()
	case vport.SignalPurge:
		return fmt.Sprint("purge ", s.Received, s.ToSend)
	}
	return fmt.Sprint(s.Kind, " ", s.On)
}
