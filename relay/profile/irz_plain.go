package profile

import (
	"bytes"
	"time"
)

// irzKeepalive is what an iRZ modem sends after 50 s of silence, 10 to 120 as it is set.
const irzKeepalive = "\xB5\xBC\xBD\xBE\xBF"

// irzPlain takes the keepalives out of an iRZ modem's stream without encapsulation. They stand among the meter's bytes, and
// a meter may send the same ones: only what stands behind a pause, and alone, is taken for a keepalive. It may come in two
// writes, so its beginning is held for a moment.
type irzPlain struct{ held []byte }

func (c *irzPlain) Decode(p []byte, idle time.Duration) Decoded {
	switch {
	case len(c.held) > 0:
		p = append(c.held, p...)
		c.held = nil
	case idle < StandsAlone:
		return Decoded{Data: p}
	}
	switch {
	case string(p) == irzKeepalive:
		return Decoded{Beats: [][]byte{[]byte(irzKeepalive)}}
	case len(p) < len(irzKeepalive) && string(p) == irzKeepalive[:len(p)]:
		c.held = bytes.Clone(p)
		return Decoded{}
	}
	return Decoded{Data: p}
}

func (c *irzPlain) Holding() time.Duration {
	if len(c.held) == 0 {
		return 0
	}
	return holdBeat
}

func (c *irzPlain) pending() int { return len(c.held) }

func (c *irzPlain) Release() Decoded {
	p := c.held
	c.held = nil
	return Decoded{Data: p}
}
