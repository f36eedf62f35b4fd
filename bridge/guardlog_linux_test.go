package bridge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"meterline/bridge/status"
)

// guardLog is the latest of what happened at one modem: at its program, in the bridge and at the meter.
type guardLog struct {
	mu      sync.Mutex
	entries []guardEntry
}

type guardEntry struct {
	at   time.Time
	text string
}

// guardLogMost is how many entries a failure shows.
const guardLogMost = 40

func (g *guardLog) note(format string, args ...any) { g.noteAt(time.Now(), format, args...) }

func (g *guardLog) noteAt(at time.Time, format string, args ...any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.entries = append(g.entries, guardEntry{at, fmt.Sprintf(format, args...)})
	if len(g.entries) >= 2*guardLogMost {
		g.entries = append(g.entries[:0], g.entries[guardLogMost:]...)
	}
}

// String is the latest entries in the order of their times.
func (g *guardLog) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	last := slices.Clone(g.entries[max(0, len(g.entries)-guardLogMost):])
	slices.SortStableFunc(last, func(a, b guardEntry) int { return a.at.Compare(b.at) })
	var s strings.Builder
	for _, e := range last {
		fmt.Fprintf(&s, "\n  %s %s", e.at.Format("05.000000"), e.text)
	}
	return s.String()
}

// tap notes what the bridge does with the modem's bytes until ctx ends.
func (g *guardLog) tap(ctx context.Context, b *Bridge, modem string) {
	for ctx.Err() == nil {
		err := b.Watch(ctx, modem, false, func(t status.Traffic) { g.noteAt(t.At, "bridge: %s", guardTapped(t)) })
		if err != nil {
			pause(ctx, time.Millisecond) // a reload is putting another in its place
		}
	}
}

func guardTapped(t status.Traffic) string {
	if t.Note != "" {
		return t.Note
	}
	if t.Drop != "" {
		return fmt.Sprintf("%s %q dropped: %s", t.Dir, t.Data, t.Drop)
	}
	return fmt.Sprintf("%s %q", t.Dir, t.Data)
}
