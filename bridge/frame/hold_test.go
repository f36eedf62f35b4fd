package frame

import (
	"strings"
	"testing"
)

func join(log []string) string { return strings.Join(log, "|") }

func TestHold(t *testing.T) {
	runScenes(t, []scene{
		{"over: the rest passes as it comes, the next is held again", Config{}, `
			0s write <r1>
			1s come <r
			1.9s come =
			2.5s come 1
			2.6s come +><r
			3s come =2>`, `
			0s modem <r1>
			2s program <r=
			2.5s program 1
			2.6s program +>
			3s program <r=2>`},
		{"whole messages are pieces of their own", Config{Guard: Off}, `
			0s come <a><b>
			1s come x<c>yz<`, `
			0s program <a>
			0s program <b>
			1s program x
			1s program <c>
			1s program yz
			2s program <`},
		{"a new request drops what is held", Config{Guard: Off}, `
			0s come <a
			0.1s write <r1>
			0.2s come b>`, `
			0.1s drop to program, held back when asked anew: <a
			0.1s modem <r1>
			0.2s program b>`},
		{"what is held turns out to be noise", Config{}, `
			0s write <r1>
			0.5s come <a<r
			0.9s come ~<r=
			1.1s come 1>`, `
			0s modem <r1>
			0.9s program <a<r~
			1.1s program <r=1>`},
		{"what was handed over turns out to be noise", Config{}, `
			0s write <r1>
			0.5s come <a<b
			1.6s come ~<r=1>`, `
			0s modem <r1>
			1.5s program <a<b
			1.6s program ~
			1.6s program <r=1>`},
		{"a whole message behind noise had been handed over", Config{}, `
			0s write <r1>
			0.5s come <a{r1}<b
			1.6s come ~<r=1>`, `
			0s modem <r1>
			1.5s program <a{r1}<b
			1.6s drop to program, answer to no request: <r=1>
			1.6s program ~`},
		{"what is dropped turns out to be noise", Config{}, `
			0s write <r1>
			0.5s come <a<b
			0.6s abandon
			0.7s come c~<r=1>`, `
			0s modem <r1>
			0.6s drop to program, late answer: <a<b
			0.7s drop to program, late answer: c~
			0.7s drop to program, late answer: <r=1>`},
		{"noise before an answer does not cost the answer", Config{}, `
			0s write <r1>
			0.5s come <r=1><
			0.6s write <r2>
			0.9s come <r=2>`, `
			0s modem <r1>
			0.5s program <r=1>
			0.6s drop to program, held back when asked anew: <
			0.6s modem <r2>
			0.9s program <r=2>`},
	})
}

func TestHoldLimits(t *testing.T) {
	r := newRig(Config{Guard: Off})
	r.do("come", "<"+strings.Repeat("a", holdMost-1))
	if len(r.log) != 0 {
		t.Errorf("%d bytes are not held", holdMost)
	}
	r.do("come", strings.Repeat("b", 100))
	if held := len(r.l.in.rest()); held > holdMost || r.l.in.fate != smoothed {
		t.Errorf("%d bytes are held", held)
	}
	r.at += 1e6
	r.do("come", ">")
	if held := len(r.l.in.rest()); held > 0 {
		t.Errorf("%d bytes are held behind the message's end", held)
	}
	r.do("come", "<")
	for range messageMost / holdMost {
		r.do("come", strings.Repeat("a", holdMost))
	}
	if n := r.l.in.size(); n > 0 {
		t.Errorf("of a message without end %d bytes are kept", n)
	}
	r.do("come", "x")
	if room := cap(r.l.in.buf); room > keepRoom {
		t.Errorf("room for %d bytes is kept", room)
	}
}

func TestGap(t *testing.T) {
	runScenes(t, []scene{
		{"silence ends a message", Config{Protocol: Gap}, `
			0s come abc
			0.1s come def
			0.5s come ghi`, `
			0.3s program abcdef
			0.7s program ghi`},
		{"hold ends one, too", Config{Protocol: Gap, Hold: 3e8}, `
			0s come a
			0.1s come b
			0.2s come c
			0.3s come d`, `
			0.3s program abc
			0.5s program d`},
		{"what is held is dropped at a new request, which is not every piece", Config{Protocol: Gap}, `
			0s write ab
			0.05s come x
			0.1s write cd
			0.4s come y
			0.5s write ef
			0.6s come z`, `
			0s modem ab
			0.1s modem cd
			0.25s program x
			0.5s drop to program, held back when asked anew: y
			0.5s modem ef
			0.8s program z`},
		{"abandoned", Config{Protocol: Gap}, `
			0s come ab
			0.1s abandon
			0.15s come c
			0.5s come d`, `
			0.35s drop to program, late answer: abc
			0.7s program d`},
		{"the session ends", Config{Protocol: Gap}, `
			0s come ab
			0.1s end`, `
			0.1s program ab`},
		{"none: nothing is held", Config{Protocol: None, Parity: "7e1"}, `
			0s write 1
			0s come \xb1
			1s end`, "0s modem \xb1\n0s program 1"},
	})
}
