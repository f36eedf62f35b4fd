package rfc2217

import "encoding/binary"

// Client is the end that uses a serial port elsewhere. NewClient makes it. It is not safe for concurrent use.
type Client struct {
	telnet
	got     Settings  // what the server has said of its port
	wanted  Settings  // what the server was asked for
	awaited [5]uint16 // how many answers are missing, by command
}

// NewClient makes a Client.
func NewClient() *Client {
	c := &Client{}
	c.role = c
	for i := range c.ours {
		c.ours[i].may, c.theirs[i].may = i != optEcho, true
	}
	return c
}

// Start appends what is sent first on a new connection.
func (c *Client) Start(dst []byte) []byte {
	for which := range optionCount {
		if which != optEcho {
			dst = c.offer(dst, which, true)
		}
		if which != optEcho && which != optComPort {
			dst = c.offer(dst, which, false)
		}
	}
	return dst
}

// Decode takes apart what the server sends.
func (c *Client) Decode(p []byte) Out { return c.decode(p) }

// Got returns what the server has said of its port so far.
func (c *Client) Got() Settings { return c.got }

// Awaited returns how many answers to AppendSettings are missing.
func (c *Client) Awaited() (n int) {
	for _, each := range c.awaited {
		n += int(each)
	}
	return n
}

// AppendSettings appends the request to set the far port to s. It appends nothing if the server does not know the Com Port
// Control Option.
func (c *Client) AppendSettings(dst []byte, s Settings) []byte {
	if !c.Available() {
		return dst
	}
	c.wanted = s.Over(c.wanted)
	for _, f := range []struct {
		command byte
		set     bool
	}{{comSpeed, s.Speed > 0 && s.Speed <= fastest}, {comDataSize, s.DataBits != 0}, {comParity, s.Parity != 0}, {comStopSize, s.StopBits != 0}} {
		if f.set {
			dst = appendComPort(dst, f.command, field(f.command, s)...)
			c.awaited[f.command]++
		}
	}
	return dst
}

// AppendPurge appends the request to drop what is in the server's buffers: PurgeReceived, PurgeToSend or both.
func (c *Client) AppendPurge(dst []byte, what int) []byte {
	if !c.Available() || what&^(PurgeReceived|PurgeToSend) != 0 || what == 0 {
		return dst
	}
	return appendComPort(dst, comPurge, byte(what))
}

// AppendBreak appends what begins or ends a break at the far port. BreakShort is Telnet's own break.
func (c *Client) AppendBreak(dst []byte, what int) []byte {
	switch {
	case what == BreakShort:
		return append(dst, iac, cmdBreak)
	case !c.Available():
		return dst
	case what == BreakOn:
		return appendComPort(dst, comControl, ctlBreakOn)
	}
	return appendComPort(dst, comControl, ctlBreakOff)
}

// AppendDTR appends what switches the far port's DTR.
func (c *Client) AppendDTR(dst []byte, on bool) []byte { return c.appendLine(dst, on, ctlDTROn) }

// AppendRTS appends what switches the far port's RTS.
func (c *Client) AppendRTS(dst []byte, on bool) []byte { return c.appendLine(dst, on, ctlRTSOn) }

// appendLine sends one of two neighbouring values of SET-CONTROL.
func (c *Client) appendLine(dst []byte, on bool, value byte) []byte {
	if !c.Available() {
		return dst
	}
	if !on {
		value++
	}
	return appendComPort(dst, comControl, value)
}

// AppendWatch appends the requests to report the modem lines and errors of the line, and to tell the server's name.
func (c *Client) AppendWatch(dst []byte) []byte {
	if !c.Available() {
		return dst
	}
	dst = appendComPort(dst, comModemMask, CTS|DSR|RI|CD)
	dst = appendComPort(dst, comLineMask, LineOverrun|LineParity|LineFraming|LineBreak)
	return appendComPort(dst, comSignature)
}

func (c *Client) command(byte) {}

func (c *Client) agreed(on bool) {
	if !on {
		clear(c.awaited[:])
	}
	c.event(Event{Kind: Agreed, Value: bit(on)})
}

// comPort takes what the server answers and reports.
func (c *Client) comPort(p []byte) {
	command, value := int(p[0])-fromServer, p[1:]
	if p[0] == comSuspend || p[0] == comResume {
		command = int(p[0]) // either side sends these, and some servers forget the difference
	}
	first := 0
	if len(value) > 0 {
		first = int(value[0])
	}
	switch command {
	case comSignature:
		c.event(Event{Kind: Signature, Text: string(value)})
	case comSpeed, comDataSize, comParity, comStopSize:
		c.changed(command, value, first)
	case comModemState:
		c.event(Event{Kind: ModemState, Value: first})
	case comLineState:
		c.event(Event{Kind: LineState, Value: first})
	case comSuspend:
		c.event(Event{Kind: Suspend})
	case comResume:
		c.event(Event{Kind: Resume})
	case comControl, comLineMask, comModemMask, comPurge: // answers that change nothing
	default:
		c.out.Dropped += len(p)
	}
}

// changed takes how the far port is set.
func (c *Client) changed(command int, value []byte, first int) {
	if c.awaited[command] > 0 {
		c.awaited[command]--
	}
	next, refused := c.got, false
	switch command {
	case comSpeed:
		if len(value) < bytesOfSpeed {
			return
		}
		next.Speed = int(min(binary.BigEndian.Uint32(value), fastest))
		refused = c.wanted.Speed != 0 && next.Speed != c.wanted.Speed
	case comDataSize:
		next.DataBits = min(first, mostDataBits)
		refused = c.wanted.DataBits != 0 && next.DataBits != c.wanted.DataBits
	case comParity:
		next.Parity = Parity(first)
		refused = c.wanted.Parity != 0 && next.Parity != c.wanted.Parity
	case comStopSize:
		next.StopBits = StopBits(first)
		refused = c.wanted.StopBits != 0 && next.StopBits != c.wanted.StopBits
	}
	changed := next != c.got
	c.got = next
	switch {
	case c.awaited[command] > 0: // this answers an earlier request
	case refused:
		c.event(Event{Kind: Unsupported, Settings: next})
	case changed:
		c.event(Event{Kind: Changed, Settings: next})
	}
}
