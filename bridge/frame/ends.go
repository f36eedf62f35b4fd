package frame

import "bytes"

// AnswerEnd is the length of the first message from a meter if b begins with a whole one, told from b alone; 0 if it does
// not, if that cannot be told yet, or if messages of p do not end by themselves (None, Gap, an unknown protocol).
func (p Protocol) AnswerEnd(b []byte) int {
	r := rules[p]
	if r == nil || len(b) == 0 {
		return 0
	}
	if e := r.answer(b, nil); !e.foreign {
		return e.n
	}
	return 0
}

// canStandAlone reports whether b, which may grow into a longer request, is one already: IEC's acknowledgement, with which an
// option select begins.
func canStandAlone(p Protocol, b []byte) bool { return p == IEC && len(b) == 1 && b[0] == iecACK }

// AnswerEnd is the protocol's, of bytes as the modem sends them: with parity where c has it.
func (c *Config) AnswerEnd(b []byte) int {
	if rules[c.Protocol] == nil {
		return 0
	}
	return c.Protocol.AnswerEnd(c.text(b))
}

// text is b without parity.
func (c *Config) text(b []byte) []byte {
	if _, seven := sevenBits[c.Parity]; !seven {
		return b
	}
	b = bytes.Clone(b)
	for i := range b {
		b[i] &= 0x7F
	}
	return b
}
