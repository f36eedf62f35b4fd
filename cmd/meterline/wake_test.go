package main

import (
	"testing"

	"meterline/bridge/fallback"
	"meterline/bridge/modem"
	"meterline/relay/usb/at"
)

func TestWakeText(t *testing.T) {
	for _, c := range []struct {
		woken fallback.WakeResult
		want  string
	}{
		{fallback.WakeResult{By: modem.WakeCall, Rung: at.RingBusy, Session: true}, "rang +79180001144 with gsm1; the call ended with: BUSY; roof has opened its session"},
		{fallback.WakeResult{By: modem.WakeSMS, Reply: "\"no\x1b[2J\"", Problem: "x"}, "sent a text message to +79180001144 with gsm1; it replied \"no·[2J\""},
		{fallback.WakeResult{By: modem.WakeSMS, Online: true}, "sent a text message to +79180001144 with gsm1; roof has had its session all the time"},
	} {
		c.woken.USB, c.woken.Number = "gsm1", "+79180001144"
		if got := wakeText("roof", c.woken); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}
