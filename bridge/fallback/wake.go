package fallback

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meterline/bridge/ledger"
	"meterline/bridge/modem"
	"meterline/relay/usb/at"
	"meterline/relay/wire"
)

// wakeUp is one wake-up that has been placed. Others can use the plugged-in modem while the result is awaited.
type wakeUp struct {
	r       *Reach
	d       *Queue
	by      modem.Wake
	how     modem.FallbackConfig
	number  string
	rung    at.RingResult // how a missed call ended
	replies *awaiting     // replies to the text message; nil for a missed call
	reply   string        // the last reply, quoted
	heard   bool          // a reply, or the result of the missed call, was an answer expected
	online  bool          // the modem had a session before
	until   time.Time     // how long the result is awaited
}

// errNotUnderstood reports that the answer to a wake-up was not one of those expected.
var errNotUnderstood = errors.New("not among wake_answers")

// wakeUp wakes the far modem with the plugged-in modem, which the caller has acquired, and gives that back. tried reports whether a
// wake-up was placed. The caller ends the wake-up by over.
func (r *Reach) wakeUp(ctx context.Context, d *Queue) (w *wakeUp, tried bool, err error) {
	defer d.Release(r.m)
	_, f, number := r.settings()
	by := cmp.Or(f.Wake, modem.WakeCall)
	w = &wakeUp{r: r, d: d, by: by, how: f, number: number}
	doing := "rings " + number
	if by == modem.WakeSMS {
		doing = "sends a text message to " + number
	}
	defer r.show(doing, time.Time{})()
	if by == modem.WakeSMS {
		w.replies = d.await(number)
		err = d.line.SMS(ctx, number, f.WakeText)
	} else {
		w.rung, err = d.line.Ring(ctx, number, ringLong)
		err = w.judgeRing(err)
	}
	n := attempts(err)
	d.spend(r.m, ledger.Usage{Calls: n})
	if err != nil {
		w.over()
		return w, n > 0, err
	}
	r.log.Info("woken", "by", by, "usb", d.cfg.Name, "rung", w.rung)
	return w, true, nil
}

// over stops collecting replies.
func (w *wakeUp) over() {
	if w.replies != nil {
		w.d.forget(w.replies)
	}
}

// judgeRing returns the error of a missed call: nil if its result is one of the answers expected. If none are configured, it is the
// plugged-in modem's own error.
func (w *wakeUp) judgeRing(err error) error {
	if w.rung != "" {
		w.r.recordAnswer("missed call: " + string(w.rung))
	}
	answers := w.how.Answers
	switch {
	case len(answers) == 0 || w.rung == "":
		return err
	case matches(answers, string(w.rung)):
		w.heard = true
		return nil
	}
	return fmt.Errorf("the missed call ended with %s: %w", w.rung, errNotUnderstood)
}

// arrives waits for the modem's session until wake_wait is over or ctx ends.
func (w *wakeUp) arrives(ctx context.Context) error {
	wait := w.how.WakeWait
	w.until = time.Now().Add(wait)
	defer w.d.expect(w)()
	defer w.r.show("woken by "+string(w.by), w.until)()
	end, look := time.NewTimer(wait), time.NewTicker(wakeLook)
	defer end.Stop()
	defer look.Stop()
	var replies <-chan at.Message
	if w.replies != nil {
		replies = w.replies.came
	}
	for over := false; !w.succeeded(); {
		if over {
			return fmt.Errorf("woken by %s%s, but no session came within %s", w.by, w.replied(), wait)
		}
		select {
		case r := <-replies:
			if err := w.judgeReply(r); err != nil {
				return err
			}
		case <-look.C:
		case <-end.C:
			over = true
		case <-ctx.Done():
			if w.succeeded() {
				return nil
			}
			return fmt.Errorf("woken by %s%s, but its session is not awaited any more: %w", w.by, w.replied(), context.Cause(ctx))
		}
	}
	return nil
}

// awaited describes for Status what the wake-up waits for, and how long it still waits.
func (w *wakeUp) awaited(now time.Time) string {
	what := "its session"
	if w.online {
		what = "its reply"
	}
	return fmt.Sprintf("%s: %s, for %s more", w.r.m.Name(), what, max(0, w.until.Sub(now)).Round(time.Second))
}

// wakeLook is how often arrives checks for the session.
const wakeLook = time.Second

// succeeded reports whether what was awaited has come: the session or, if the modem had one before, its reply.
func (w *wakeUp) succeeded() bool { return w.online && w.heard || !w.online && w.r.m.HasSession() }

// judgeReply returns an error if a reply is not one of the answers expected. After a part of a long message the rest may still be.
func (w *wakeUp) judgeReply(r at.Message) error {
	w.reply = shortText(r.Text)
	w.r.recordAnswer("text message: " + w.reply)
	w.r.log.Info("replied to the text message", "text", w.reply)
	answers := w.how.Answers
	switch {
	case len(answers) == 0 || w.heard:
	case matches(answers, r.Text):
		w.heard = true
	case !r.Part:
		return fmt.Errorf("woken by sms, it replied %s: %w", w.reply, errNotUnderstood)
	}
	return nil
}

// replied describes the modem's reply for an error, if one was sent or expected.
func (w *wakeUp) replied() string {
	switch {
	case w.reply != "":
		return ", it replied " + w.reply
	case w.by == modem.WakeSMS && len(w.how.Answers) > 0:
		return ", it did not reply"
	}
	return ""
}

// recordAnswer records how a modem answered a wake-up, as one of its facts.
func (r *Reach) recordAnswer(how string) {
	r.m.Observe([]wire.Fact{{Name: "answer to wake-up", Value: how}}, nil)
}

// awaiting is a far modem whose reply to a text message is awaited. Others may have the plugged-in modem meanwhile.
type awaiting struct {
	number string
	came   chan at.Message // of small capacity: further replies are dropped
}

// await collects the replies of a number, until the caller calls forget.
func (d *Queue) await(number string) *awaiting {
	a := &awaiting{number, make(chan at.Message, 8)}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.awaited = append(d.awaited, a)
	return a
}

func (d *Queue) forget(a *awaiting) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.awaited = slices.DeleteFunc(d.awaited, func(other *awaiting) bool { return other == a })
}

// received passes a text message to all who await one from that number. Other messages are logged: they are deleted from the SIM, so
// that nobody could read them elsewhere.
func (d *Queue) received(m at.Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := false
	for _, a := range d.awaited {
		if at.SameNumber(a.number, m.From) {
			known = true
			select {
			case a.came <- m:
			default:
			}
		}
	}
	if !known {
		d.log.Info("a text message has come that nobody waits for", "from", m.From, "text", shortText(m.Text))
	}
}
