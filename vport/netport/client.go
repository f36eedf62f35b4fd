package netport

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

// wire translates between a kind of network port and a connection's bytes. decode is called by one goroutine, encode and the
// others by any.
type wire interface {
	// start returns what is sent first.
	start() []byte
	// decode takes apart what came. reply is sent unchanged. A languageError means that the client speaks another protocol.
	decode(p []byte) (pieces []piece, reply []byte, err error)
	// encode returns what is sent for p; it may use dst.
	encode(dst, p []byte) []byte
	// arrived returns how long at most to wait for more before the client counts as there; 0: it does.
	arrived() time.Duration
	// suspended reports whether the client wants no data at present.
	suspended() bool
	// lines returns what shows the modem lines to the client.
	lines(carrier, ring bool) (reply []byte)
}

const (
	arriveWithin = 10 * time.Second // how long a stranger has to speak the port's language
	earlyMax     = 512              // most bytes kept of a client that does not count as there yet
	chunk        = 4 << 10
)

// languageError means that a client does not speak the protocol of the port.
type languageError string

func (e languageError) Error() string { return string(e) }

// client is one connection.
type client struct {
	port     *port
	conn     net.Conn
	who      string // its address
	wire     wire
	patience *time.Timer // while it waits

	inflow  sync.Mutex // held from a read until its bytes are in the queue; locked before the queue
	writing sync.Mutex // held by Write; locked before sending
	sending sync.Mutex // held by whoever sends
	cut     []byte     // the rest of a piece that did not fit; it is sent before anything else
	packet  []byte     // reused buffer

	// Guarded by the lock of the port's queue.
	there     bool // it counts as a program that has the port open
	gone      bool
	suspended bool   // it wants no data at present
	replies   []byte // to be sent for its wire
	owed      int    // bytes of replies that it has not taken, in replies and in cut
}

// serve reads the client until its end.
func (c *client) serve() {
	c.send(c.wire.start())
	buf := make([]byte, chunk)
	early, err := c.identify(buf)
	if err == nil {
		c.port.log.Info("a client has connected", "client", c.who)
		err = c.enter(early)
	}
	for err == nil {
		if err = c.read(buf); err == nil {
			err = c.awaitReplies()
		}
	}
	c.leave(err)
}

// enqueue puts what was read into the queue.
func (c *client) enqueue(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	pieces, err := c.decode(b)
	if !c.push(pieces) {
		return net.ErrClosed
	}
	return err
}

// identify waits until the client is known to speak the port's language. It returns what the client says until then.
func (c *client) identify(buf []byte) (early []piece, err error) {
	start, size := time.Now(), 0
	for {
		wait := c.wire.arrived()
		if wait == 0 {
			return early, c.conn.SetReadDeadline(time.Time{})
		}
		until := time.Now().Add(wait)
		if latest := start.Add(arriveWithin); latest.Before(until) {
			until = latest
		}
		if err := c.conn.SetReadDeadline(until); err != nil {
			return nil, err
		}
		n, err := c.conn.Read(buf)
		if n > 0 {
			pieces, err := c.decode(buf[:n])
			if err != nil {
				return nil, err
			}
			early, size = append(early, pieces...), size+n
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && c.wire.arrived() == 0:
		case errors.Is(err, os.ErrDeadlineExceeded), size > earlyMax:
			return nil, errNotTelnet
		case err != nil:
			return nil, err
		}
	}
}

// decode has the wire take p apart, and sends its reply.
func (c *client) decode(p []byte) ([]piece, error) {
	pieces, reply, err := c.wire.decode(p)
	for i := range pieces {
		pieces[i].By = c
		pieces[i].Data = bytes.Clone(pieces[i].Data)
	}
	c.port.queue.Lock()
	if stopped := c.wire.suspended(); c.suspended != stopped {
		c.suspended = stopped
		c.port.queue.Wake()
	}
	c.port.queue.Unlock()
	c.send(reply)
	return pieces, err
}

// enter announces the client, and passes on what it said before it counted as there.
func (c *client) enter(early []piece) error {
	p := c.port
	p.queue.Lock()
	if !p.queue.IsClosed() {
		c.there = true
		p.queue.Put(piece{By: c, Came: true})
	}
	carrier, ring := p.carrier, p.ring
	p.queue.Unlock()
	c.send(c.wire.lines(carrier, ring))
	if !c.push(early) {
		return net.ErrClosed
	}
	return nil
}

// push puts pieces into the queue when there is room. It returns false when the port is closed or the client has gone.
func (c *client) push(pieces []piece) bool {
	p := c.port
	p.queue.Lock()
	defer p.queue.Unlock()
	for !p.queue.IsClosed() && p.queue.IsFull() && !c.gone {
		p.queue.Wait(time.Time{})
	}
	if p.queue.IsClosed() {
		return false
	}
	p.queue.Put(pieces...)
	return true
}

// leave ends the client's time, and lets in the one that waits.
func (c *client) leave(err error) {
	p := c.port
	var language languageError
	if errors.As(err, &language) {
		p.log.Warn("a client is refused: "+language.Error(), "client", c.who)
		c.sayWhy(language.Error())
	}
	_ = c.conn.Close() // its end is the reason for leave
	p.queue.Lock()
	defer p.unlock()
	c.gone = true
	if p.queue.IsClosed() {
		return
	}
	if c.there {
		p.queue.Put(piece{By: c, Left: true})
		p.note(slog.LevelInfo, "a client has left", "client", c.who, "err", err)
	}
	p.client = nil
	if next := p.waiting; next != nil {
		p.waiting = nil
		next.patience.Stop()
		p.begin(next)
	}
	p.queue.Wake()
}
