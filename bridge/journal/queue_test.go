package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// paper is a log that can stall and fail.
type paper struct {
	mu    sync.Mutex
	lines []string
	err   error
	stall chan struct{} // nil: it does not stall
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	stall := p.stall
	p.mu.Unlock()
	if stall != nil {
		<-stall
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return 0, p.err
	}
	p.lines = append(p.lines, string(b))
	return len(b), nil
}

func (p *paper) set(stall chan struct{}, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stall, p.err = stall, err
}

func (p *paper) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "")
}

// inBubble runs f with a queue of text records on p, and ends the queue.
func inBubble(t *testing.T, f func(t *testing.T, p *paper, q *Queue, log *slog.Logger)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := new(paper)
		q := New(slog.NewTextHandler(p, &slog.HandlerOptions{Level: slog.LevelInfo}))
		var wg sync.WaitGroup
		wg.Go(func() { q.Run(t.Context()) })
		defer wg.Wait()
		defer q.Close(time.Second)
		f(t, p, q, q.Logger())
	})
}

func TestOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, p *paper, q *Queue, log *slog.Logger) {
		for i := range 100 {
			log.With("modem", i).WithGroup("g").Info("up", "err", fmt.Errorf("no %d", i), "nil", nil)
		}
		log.Debug("not wanted")
		if !q.Close(time.Second) {
			t.Fatal("not written within a second")
		}
		lines := strings.Split(strings.TrimSpace(p.text()), "\n")
		if len(lines) != 100 {
			t.Fatalf("%d lines", len(lines))
		}
		for i, line := range lines {
			if !strings.HasSuffix(line, fmt.Sprintf(`msg=up modem=%d g.err="no %d" g.nil=<nil>`, i, i)) {
				t.Fatalf("line %d is %s", i, line)
			}
		}
	})
}

func TestStalledLog(t *testing.T) {
	for name, entry := range map[string]string{"many": "x", "large": strings.Repeat("x", 10<<10)} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *paper, q *Queue, log *slog.Logger) {
				stall := make(chan struct{})
				p.set(stall, nil)
				const records = 3 * maxEntries
				begun := time.Now()
				for i := range records {
					log.Info("record", "n", i, "text", entry)
				}
				if took := time.Since(begun); took != 0 {
					t.Errorf("who logs has waited %v", took)
				}
				time.Sleep(stalledAfter)
				synctest.Wait()
				s := q.State()
				if s.Since.IsZero() || s.Waiting == 0 || s.Waiting > maxEntries || s.Waiting*len(entry) > maxBytes || s.Dropped != int64(records-s.Waiting) {
					t.Errorf("stalled: %+v", s)
				}
				p.set(nil, nil)
				close(stall)
				synctest.Wait()
				log.Info("afterwards")
				synctest.Wait()
				text := p.text()
				want := fmt.Sprintf("dropped=%d since=", s.Dropped)
				if strings.Count(text, "were dropped") != 1 || !strings.Contains(text, want) {
					t.Errorf("%d records of what was dropped, none of them %q", strings.Count(text, "were dropped"), want)
				}
				last := fmt.Sprintf("n=%d ", s.Waiting-1)
				order := []int{strings.Index(text, "n=0 "), strings.Index(text, last), strings.Index(text, "were dropped"), strings.Index(text, "afterwards")}
				if order[0] < 0 || !slices.IsSorted(order) {
					t.Errorf("the order is %v", order)
				}
				if s := q.State(); !s.Since.IsZero() || s.Waiting != 0 || s.Dropped == 0 {
					t.Errorf("afterwards: %+v", s)
				}
			})
		})
	}
}

// A log that takes one record a second is told of once for each half of the queue.
func TestSlowLog(t *testing.T) {
	inBubble(t, func(t *testing.T, p *paper, _ *Queue, log *slog.Logger) {
		stall := make(chan struct{})
		p.set(stall, nil)
		for range 4 * maxEntries {
			log.Info("record")
			log.Info("record")
			stall <- struct{}{}
		}
		p.set(nil, nil)
		close(stall)
		synctest.Wait()
		if n := strings.Count(p.text(), "were dropped"); n < 1 || n > 8 {
			t.Errorf("%d records of what was dropped", n)
		}
	})
}

func TestLogThatCannotBeWritten(t *testing.T) {
	inBubble(t, func(t *testing.T, p *paper, q *Queue, log *slog.Logger) {
		log.Info("before")
		synctest.Wait()
		p.set(nil, errors.New("broken pipe"))
		for range 5 {
			log.Info("lost")
			synctest.Wait()
		}
		if s := q.State(); s.Err == nil || s.Dropped != 5 || s.Since.IsZero() {
			t.Errorf("%+v", s)
		}
		p.set(nil, nil)
		log.Info("again")
		synctest.Wait()
		if s := q.State(); s.Err != nil || !s.Since.IsZero() {
			t.Errorf("afterwards %+v", s)
		}
		if text := p.text(); strings.Contains(text, "lost") || !strings.Contains(text, "dropped=5") || !strings.Contains(text, "again") {
			t.Errorf("the log has %s", text)
		}
	})
}

func TestEndOfAStalledLog(t *testing.T) {
	inBubble(t, func(t *testing.T, p *paper, q *Queue, log *slog.Logger) {
		stall := make(chan struct{})
		p.set(stall, nil)
		log.Info("record")
		begun := time.Now()
		if q.Close(2*time.Second) || time.Since(begun) != 2*time.Second {
			t.Errorf("closed after %v", time.Since(begun))
		}
		log.Info("too late")
		p.set(nil, nil)
		close(stall)
		synctest.Wait()
		if text := p.text(); !strings.Contains(text, "msg=record") || !strings.Contains(text, "dropped=1") {
			t.Errorf("the log has %s", text)
		}
	})
}

func TestLinesNeverWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &paper{stall: make(chan struct{})}
		l := NewLines(p)
		var wg sync.WaitGroup
		wg.Go(func() { l.Run(t.Context()) })
		defer wg.Wait()
		line := []byte("line\n")
		for range maxEntries + 10 {
			if n, err := l.Write(line); n != len(line) || err != nil {
				t.Fatal(n, err)
			}
		}
		line[0] = 'X' // the caller's again
		close(p.stall)
		if !l.Close(time.Second) {
			t.Fatal("not written")
		}
		text := p.text()
		if strings.Count(text, "line\n") != maxEntries || !strings.HasSuffix(text, "meterline: 10 lines were dropped here, nobody read them\n") {
			t.Errorf("%d lines, and then %q", strings.Count(text, "line\n"), text[max(0, len(text)-100):])
		}
	})
}

// broken is an error that cannot say what it is.
type broken struct{ text *string }

func (b *broken) Error() string { return *b.text }

func TestErrorThatPanics(t *testing.T) {
	inBubble(t, func(t *testing.T, p *paper, q *Queue, log *slog.Logger) {
		log.InfoContext(context.Background(), "record", "err", error((*broken)(nil)))
		synctest.Wait()
		if !strings.Contains(p.text(), "msg=record") {
			t.Errorf("the log has %q", p.text())
		}
	})
}
