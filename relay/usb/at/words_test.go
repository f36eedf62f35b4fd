package at

import "testing"

// TestWords: a line is a result if it is the word alone, or one behind which more may follow and does as a word of its own.
func TestWords(t *testing.T) {
	for line, want := range map[string]code{
		"OK": accepted, "OK TO SEND": unrecognised, "OKAY": unrecognised, "": unrecognised,
		"ERROR": refused, "ERROR 3": unrecognised, "ERRORS": unrecognised,
		"CONNECT": connected, "CONNECT 9600": connected, "CONNECT/ARQ": connected, "CONNECT: 9600": connected, "CONNECTED": unrecognised,
		"RING": ringing, "RING 1": unrecognised, "+CRING: VOICE": ringing, "+CRING:VOICE": ringing,
		"NO CARRIER": noCarrier, "NO CARRIER 16": noCarrier, "NO CARRIERS": unrecognised,
		"NO DIALTONE": noDialTone, "NO DIAL TONE": noDialTone, "BUSY": busy, "BUSY NOW": unrecognised, "NO ANSWER": notAnswered,
		"+CME ERROR: 10": deviceError, "+CME ERROR:SIM": deviceError, "+CME ERROR": unrecognised, "+CMS ERROR: 500": messageError,
		"BLACKLISTED": blacklisted, "DELAYED 00:01": blacklisted, "DELAYED: 1": blacklisted, "TOO MANY PARAMETERS": refused,
		"TOO MANY PARAMETERS 2": unrecognised, "COMMAND NOT SUPPORT": refused,
	} {
		if got := parse(line, false); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
	for line, want := range map[string]code{
		"0": accepted, "1": connected, "2": ringing, "3": noCarrier, "4": refused, "5": connected, "6": noDialTone, "7": busy, "8": notAnswered,
		"9": unrecognised, "00": unrecognised, "OK": accepted,
	} {
		if got := parse(line, true); got != want {
			t.Errorf("%q by number: %v, want %v", line, got, want)
		}
		if got := parse(line, false); line != "OK" && got != unrecognised {
			t.Errorf("%q where words are wanted: %v", line, got)
		}
	}
}
