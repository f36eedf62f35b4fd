package fallback

import (
	"fmt"
	"strconv"
	"time"

	"meterline/bridge/modem"
)

// Describe returns which plugged-in modem the present session uses, or what the fallback does while there is no session.
func (r *Reach) Describe(in modem.Inside, now time.Time) modem.Telephony {
	var t modem.Telephony
	if r.queue != nil {
		t.USB, t.Problem = r.queue.cfg.Name, r.queue.problem()
	}
	if c := r.call; c != nil && c.better != nil {
		t.Back = c.better.Line()
	}
	switch {
	case r.call != nil && in.Session() == r.call.s:
		t.By = r.call.queue.cfg.Name
	case r.queue != nil && in.Session() == nil:
		t.While = r.words(in, now)
	}
	return t
}

// words describes the fallback of a modem that has no session.
func (r *Reach) words(in modem.Inside, now time.Time) string {
	due, wanted := r.Due(in, now)
	place := r.queue.place(r.m)
	switch {
	case place > 0:
		return fmt.Sprintf("waits in the queue of %s, %s", r.queue.cfg.Name, ordinal(place))
	case r.doing != nil:
		return r.doing.words(now)
	case !wanted:
		return "waits for a program to write"
	case in.Outage().Out():
		return "paused: the whole exchange is out"
	case due > 0:
		return fmt.Sprintf("in %s", due.Round(time.Second))
	}
	return "under way"
}

// reaching describes an attempt in progress to reach a modem by telephone.
type reaching struct {
	doing string // "calls +79180001122"; "woken by sms" where its session is awaited
	since time.Time
	until time.Time // how long a session is awaited, zero if none is awaited
}

func (r *reaching) words(now time.Time) string {
	since := now.Sub(r.since).Round(time.Second)
	if r.until.IsZero() {
		return fmt.Sprintf("%s for %s", r.doing, since)
	}
	return fmt.Sprintf("%s %s ago, its session is awaited for %s more", r.doing, since, max(0, r.until.Sub(now)).Round(time.Second))
}

// show makes Describe tell what is being done, until over is called.
func (r *Reach) show(doing string, until time.Time) (over func()) {
	d := &reaching{doing, time.Now(), until}
	r.m.Inside(func(modem.Inside) { r.doing = d })
	return func() {
		r.m.Inside(func(modem.Inside) {
			if r.doing == d { // an operator may have begun something else meanwhile
				r.doing = nil
			}
		})
	}
}

// ordinal returns n as 1st, 2nd, 3rd and so on.
func ordinal(n int) string {
	suffix := "th"
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}
