package config

import (
	"meterline/bridge/fallback"
	"meterline/bridge/modem"
	"meterline/relay/usb/at"
)

// wakeText is the text message that wakes a modem.
func (t *section) wakeText(by modem.Wake) string {
	text := t.text("wake_text")
	switch {
	case by == modem.WakeSMS && !t.given("wake_text"):
		t.fault("wake", flawf(`write wake_text = "…" too, the words that the modem's manual names`, "it does not say what to send"))
	case by != modem.WakeSMS && t.own("wake_text"):
		t.fault("wake_text", flawf(`write wake = "sms" too, or leave it out`, "it goes with text messages"))
	case text != "" && at.CheckText(text) != nil:
		t.fault("wake_text", flawf("write at most 160 characters of ASCII, without ` and line ends; [ ] { } \\ ^ | ~ count twice", "%q cannot be sent", text))
	}
	if by != modem.WakeSMS {
		return "" // from among the defaults, for others
	}
	return text
}

// maxAnswers is how many answers to a wake-up may be expected.
const maxAnswers = 16

// wakeAnswers are the answers to a wake-up by which it has succeeded: results of a missed call, or patterns of the reply.
func (t *section) wakeAnswers(by modem.Wake) []string {
	if !t.given("wake_answers") {
		return nil
	}
	answers := t.texts("wake_answers")
	switch {
	case by == "" && t.own("wake_answers") && !t.wrong["wake"]:
		t.fault("wake_answers", flawf(`write wake = "call" or "sms" too, or leave it out`, "nothing that could be answered"))
	case t.wrong["wake_answers"]:
	case len(answers) == 0:
		t.fault("wake_answers", flawf("leave it out, if any answer will do", "none that is expected"))
	case len(answers) > maxAnswers:
		t.fault("wake_answers", flawf("write patterns with * for what differs", "%d answers are more than %d", len(answers), maxAnswers))
	}
	if by == "" || t.wrong["wake"] {
		return nil // from among the defaults, for others
	}
	var sound []string
	for _, one := range answers {
		if err := fallback.CheckAnswer(by, one.text); err != nil {
			t.faultAt("wake_answers", one.at, flawf(answerHint(by), "%v", err))
			continue
		}
		sound = append(sound, one.text)
	}
	return sound
}

// answerHint says what an answer looks like.
func answerHint(by modem.Wake) string {
	if by == modem.WakeSMS {
		return `write a part of it, like "*CONNECT OK*"`
	}
	var words []string
	for _, r := range fallback.Rungs {
		words = append(words, string(r))
	}
	return "write some of " + quotedList(words)
}
