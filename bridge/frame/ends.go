package frame

// AnswerEnd returns the length of the whole message from a meter that b begins with. It looks at b alone. It returns 0 if there is none,
// if more bytes are needed, or if messages of p have no end of their own (None, Gap, an unknown protocol).
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

// canStandAlone reports whether b is a request although a longer one may begin with it: IEC's ACK, which also begins an option select.
func canStandAlone(p Protocol, b []byte) bool { return p == IEC && len(b) == 1 && b[0] == iecACK }

// AnswerEnd is the protocol's AnswerEnd for bytes as the modem sends them, with the parity of c.
func (c *Config) AnswerEnd(b []byte) int {
	if rules[c.Protocol] == nil {
		return 0
	}
	return c.Protocol.AnswerEnd(c.Parity.Text(b))
}
