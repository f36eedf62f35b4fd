package fallback

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"meterline/bridge/ledger"
	"meterline/bridge/modem"
	"meterline/relay/profile"
	"meterline/relay/usb/at"
)

// wakeUp is one wake-up that has been placed. The plugged-in modem is free for others while its outcome is awaited.
type wakeUp struct {
	r       *Reach
	d       *Queue
	by      modem.Wake
	how     modem.FallbackConfig
	number  string
	rung    at.RingResult // how a missed call ended
	replies *awaiting     // to a text message
	reply   string        // the last one, quoted
	heard   bool          // a reply was one of the answers expected
	online  bool          // the modem had a session before
	until   time.Time     // the outcome is awaited
}

// errNotUnderstood tells that the modem has answered a wake-up otherwise than by the answers expected.
var errNotUnderstood = errors.New("not among wake_answers")

// wakeUp has the plugged-in modem wake the far one, whose turn it is, and gives it back. tried reports whether anything was placed. The caller
// ends a wake-up by over.
func (r *Reach) wakeUp(ctx context.Context, d *Queue) (w *wakeUp, tried bool, err error) {
	defer d.Release(r.m)
	_, f, number := r.how()
	by := cmp.Or(f.Wake, modem.WakeCall)
	w = &wakeUp{r: r, d: d, by: by, how: f, number: number}
	doing := "rings " + number
	if by == modem.WakeSMS {
		doing = "sends a text message to " + number
	}
	defer r.reach(doing, time.Time{})()
	if by == modem.WakeSMS {
		w.replies = d.await(number)
		err = d.line.SMS(ctx, number, f.WakeText)
	} else {
		w.rung, err = d.line.Ring(ctx, number, ringLong)
		err = w.judgeRing(err)
	}
	n := placed(err)
	d.spend(r.m, ledger.Usage{Calls: n})
	if err != nil {
		w.over()
		return w, n > 0, err
	}
	r.log.Info("woken", "by", by, "usb", d.cfg.Name, "rung", w.rung)
	return w, true, nil
}

// over ends the waiting for replies.
func (w *wakeUp) over() {
	if w.replies != nil {
		w.d.forget(w.replies)
	}
}

// judgeRing is what a missed call has come to: by the answers expected, else as the plugged-in modem has it.
func (w *wakeUp) judgeRing(err error) error {
	if w.rung != "" {
		w.r.noteAnswer("missed call: " + string(w.rung))
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

// arrives waits for the session, as long as a woken modem is given, or until ctx ends.
func (w *wakeUp) arrives(ctx context.Context) error {
	wait := w.how.WakeWait
	w.until = time.Now().Add(wait)
	defer w.d.expect(w)()
	defer w.r.reach("woken by "+string(w.by), w.until)()
	end, look := time.NewTimer(wait), time.NewTicker(wakeLook)
	defer end.Stop()
	defer look.Stop()
	var replies <-chan at.Message
	if w.replies != nil {
		replies = w.replies.came
	}
	for over := false; !w.fulfilled(); {
		if over {
			return fmt.Errorf("woken by %s%s, but no session came within %s", w.by, w.told(), wait)
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
			if w.fulfilled() {
				return nil
			}
			return fmt.Errorf("woken by %s%s, but its session is not awaited any more: %w", w.by, w.told(), context.Cause(ctx))
		}
	}
	return nil
}

// awaited is what is awaited of whom, and how long.
func (w *wakeUp) awaited(now time.Time) string {
	what := "its session"
	if w.online {
		what = "its reply"
	}
	return fmt.Sprintf("%s: %s, for %s more", w.r.m.Name(), what, max(0, w.until.Sub(now)).Round(time.Second))
}

// wakeLook is how often it is looked whether the session has come.
const wakeLook = time.Second

// fulfilled reports whether what was waited for has come: the session, or the reply of a modem that had one all the time.
func (w *wakeUp) fulfilled() bool { return w.online && w.heard || !w.online && w.r.m.HasSession() }

// judgeReply reports whether a reply ends the waiting. A piece of a longer one may be followed by the one that is expected.
func (w *wakeUp) judgeReply(r at.Message) error {
	w.reply = shortText(r.Text)
	w.r.noteAnswer("text message: " + w.reply)
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

// told is what to say of a modem's replies, where there is something to say.
func (w *wakeUp) told() string {
	switch {
	case w.reply != "":
		return ", it replied " + w.reply
	case w.by == modem.WakeSMS && len(w.how.Answers) > 0:
		return ", it did not reply"
	}
	return ""
}

// noteAnswer keeps how a modem answered to being woken, among what it told of itself.
func (r *Reach) noteAnswer(how string) {
	r.m.Observe([]profile.Fact{{Name: "answer to wake-up", Value: how}}, nil)
}
