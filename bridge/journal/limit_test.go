package journal

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// limitedLog runs f with a limited logger that writes to p, in virtual time.
func limitedLog(t *testing.T, f func(p *paper, limiter *Limiter, log *slog.Logger)) {
	t.Helper()
	inBubble(t, func(t *testing.T, p *paper, q *Queue, log *slog.Logger) {
		limiter := new(Limiter)
		f(p, limiter, limiter.Logger(log))
		limiter.Close()
	})
}

// told is how many records with text there are, and how many they tell of.
func told(t *testing.T, p *paper, text string) (records, events int) {
	t.Helper()
	for line := range strings.Lines(p.text()) {
		if !strings.Contains(line, text) {
			continue
		}
		records++
		events++
		if _, count, ok := strings.Cut(line, "left_out="); ok {
			n := 0
			if _, err := fmt.Sscan(count, &n); err != nil {
				t.Fatal(err)
			}
			events += n
		}
	}
	return records, events
}

func TestFallingRate(t *testing.T) {
	for level, most := range map[slog.Level]int{slog.LevelInfo: fewNews + 10, slog.LevelWarn: fewFaults + 10} {
		limitedLog(t, func(p *paper, limiter *Limiter, log *slog.Logger) {
			log = log.With("modem", "a")
			const n = 6 * 3600
			for i := range n {
				log.Log(t.Context(), level, "again", "err", errors.New(fmt.Sprint("port ", i)))
				if i%1000 == 0 {
					log.With("port", "p").Log(t.Context(), level, "rare")
				}
				time.Sleep(time.Second)
			}
			records, _ := told(t, p, "again")
			if records < 10 || records > most {
				t.Errorf("%v: %d records of %d in six hours", level, records, n)
			}
			limiter.Close()
			synctest.Wait()
			if _, events := told(t, p, "again"); events != n {
				t.Errorf("%v: the records tell of %d, it were %d", level, events, n)
			}
			if rare, _ := told(t, p, "rare"); rare != 22 {
				t.Errorf("%v: %d of 22 rare ones", level, rare)
			}
		})
	}
}

func TestNewsAfterQuiet(t *testing.T) {
	limitedLog(t, func(p *paper, _ *Limiter, log *slog.Logger) {
		for range 3 * 3600 {
			log.Info("again")
			time.Sleep(time.Second)
		}
		before, _ := told(t, p, "again")
		time.Sleep(newsAgain)
		log.Info("again", "this", "news")
		synctest.Wait()
		if after, _ := told(t, p, "news"); after != 1 {
			t.Errorf("what comes after a quiet time does not pass: %d records before", before)
		}
	})
}

func TestWhatWasLeftOutIsTold(t *testing.T) {
	limitedLog(t, func(p *paper, _ *Limiter, log *slog.Logger) {
		for i := range 100 {
			log.Info("burst", "n", i)
		}
		synctest.Wait()
		if records, _ := told(t, p, "burst"); records != fewNews {
			t.Errorf("%d records at once", records)
		}
		time.Sleep(firstPause)
		synctest.Wait()
		if !strings.HasSuffix(p.text(), "msg=burst n=99 left_out=89\n") {
			t.Errorf("after a minute the log ends with %q", p.text()[max(0, len(p.text())-80):])
		}
		time.Sleep(time.Hour)
		for range fewNews {
			log.Info("burst")
		}
		synctest.Wait()
		if records, _ := told(t, p, "burst"); records != 2*fewNews+1 {
			t.Errorf("%d records after an hour without", records)
		}
	})
}

func TestSubjects(t *testing.T) {
	limitedLog(t, func(p *paper, limiter *Limiter, log *slog.Logger) {
		for i := range 500 {
			log.With("modem", fmt.Sprint("m", i)).Warn("each")
			OneSubject(log, "dialled").With("modem", fmt.Sprint("n", i)).Warn("all as one")
			Unlimited(log.With("exchange", "x")).Warn("not limitedLog", "n", i)
			log.With("modem", "m").Debug("debugging")
		}
		synctest.Wait()
		for text, want := range map[string]int{"each": 500, "not limitedLog": 500, "all as one": fewFaults} {
			if got, _ := told(t, p, text); got != want {
				t.Errorf("%d records %q, want %d", got, text, want)
			}
		}
		if !strings.Contains(p.text(), "modem=n1") || !strings.Contains(p.text(), "exchange=x") {
			t.Error("attributes are lost")
		}
	})
}

// What is known of many thousand subjects is forgotten when they stay away.
func TestLimiterForgets(t *testing.T) {
	limitedLog(t, func(p *paper, limiter *Limiter, log *slog.Logger) {
		most := 0
		for i := range 20 * sweepAtMost {
			log.With("modem", fmt.Sprint("m", i)).Info("each")
			time.Sleep(time.Second)
			most = max(most, len(limiter.kinds))
		}
		if most > 3*sweepAtMost {
			t.Errorf("%d kinds are remembered", most)
		}
	})
}
