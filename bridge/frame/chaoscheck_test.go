package frame

import (
	"bytes"
	"slices"

	"meterline/bridge/frame/hdlc"
)

// check compares what the program has been given since the first byte of its request with what it may be given. What wakes meters and
// the noise of a line say nothing.
func (w *chaos) check() {
	text, whole := w.asked.text, w.whole
	got := w.trimNoise(w.got)
	switch {
	case len(got) == 0, w.echoes && text == nil && bytes.HasPrefix(w.trimNoise(whole), got):
		return // of what it has begun
	case text != nil && w.fits(got, slices.Concat(w.asked.answer()...)):
		return
	}
	w.fail("%q was asked, and %q is given", w.whole, w.got)
}

// fits reports whether got is the front of the answer behind echoes of the request.
func (w *chaos) fits(got, answer []byte) bool {
	text, whole, answer := w.asked.text, w.whole, w.trimNoise(answer)
	all := [][]byte{nil, text, whole, slices.Concat(text, text), slices.Concat(text, whole), slices.Concat(whole, text), slices.Concat(whole, whole)}
	for i := 1; w.cut && w.echoes && i < len(whole); i++ { // the front of an echo went to the session before
		all = append(all, whole[i:], slices.Concat(whole[i:], whole))
	}
	for _, echoes := range all {
		rest, echoed := bytes.CutPrefix(got, w.trimNoise(echoes))
		if !echoed && bytes.HasPrefix(w.trimNoise(echoes), got) {
			return true
		}
		rest = w.trimNoise(rest)
		if more, answered := bytes.CutPrefix(rest, answer); echoed && answered && len(w.trimNoise(more)) == 0 {
			if !w.done {
				w.done = true
				w.answered++
			}
			return true
		}
		for i := len(rest); echoed && i >= 0; i-- {
			if bytes.HasPrefix(answer, rest[:i]) {
				return true
			}
			if i > 0 && !w.isNoise(rest[i-1]) {
				break
			}
		}
	}
	return bytes.Equal(text, answer) && copiesOf(got, text, whole) // of several copies no one can tell which is which
}

// isNoise reports whether b says nothing. Flags of HDLC may fill the time between frames.
func (w *chaos) isNoise(b byte) bool {
	return isWakeUp([]byte{b}) || w.cfg.Protocol == HDLC && b == hdlc.Flag
}

// trimNoise returns b without noise in front of it.
func (w *chaos) trimNoise(b []byte) []byte {
	for len(b) > 0 && w.isNoise(b[0]) {
		b = b[1:]
	}
	return b
}

// copiesOf reports whether got is copies of text and whole one behind the other, the last one perhaps not finished.
func copiesOf(got, text, whole []byte) bool {
	for len(got) > 0 {
		switch {
		case bytes.HasPrefix(got, whole):
			got = got[len(whole):]
		case bytes.HasPrefix(got, text):
			got = got[len(text):]
		default:
			return bytes.HasPrefix(whole, got) || bytes.HasPrefix(text, got)
		}
	}
	return true
}
