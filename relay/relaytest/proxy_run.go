package relaytest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"meterline/relay/simulated/netem"
)

// Run serves until ctx ends, then cuts what is left and returns nil when all is closed, the listener too.
func (p *Proxy) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = p.listener.Close() }) // ends Accept
	defer stop()
	defer func() { _ = p.listener.Close() }() // for the second time where ctx has ended
	var group sync.WaitGroup
	defer group.Wait()
	for {
		caller, err := p.listener.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = caller.Close() // it came too late
			}
			return nil
		case err != nil:
			return fmt.Errorf("proxy at %s: %w", p.Addr(), err)
		}
		group.Go(func() { p.join(ctx, caller) })
	}
}

// join serves one caller.
func (p *Proxy) join(ctx context.Context, caller net.Conn) {
	var dialer net.Dialer
	target, err := dialer.DialContext(ctx, "tcp", p.target)
	if err != nil {
		netem.Reset(caller)
		return
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	one := &pair{caller, target, end}
	p.mu.Lock()
	p.pairs[one] = struct{}{}
	p.mu.Unlock()
	release := netem.Interrupt(ctx, one.caller, one.target)

	var pumps sync.WaitGroup
	pumps.Go(func() { p.pump(ctx, one, one.target, one.caller) })
	pumps.Go(func() { p.pump(ctx, one, one.caller, one.target) })
	pumps.Wait()
	release()
	p.mu.Lock()
	delete(p.pairs, one)
	p.mu.Unlock()
	if context.Cause(ctx) != nil { // cut, at the end of Run, or the fault of one side that the other shall see
		netem.Reset(one.caller)
		netem.Reset(one.target)
	}
	_ = one.caller.Close() // the ends of both streams have been sent
	_ = one.target.Close()
}

// pump moves one direction; anything but a clean end of the stream ends the other direction too.
func (p *Proxy) pump(ctx context.Context, one *pair, dst, src net.Conn) {
	if err := p.move(ctx, dst, src, src == one.caller); err != nil {
		one.end(err)
	}
}

// move holds what it reads until it is due. The end of the stream keeps its place behind the bytes.
func (p *Proxy) move(ctx context.Context, dst, src net.Conn, up bool) error {
	random := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	buf := make([]byte, 16<<10)
	var out netem.Outbox
	ended := false
	for {
		if err := p.whileStalled(ctx); err != nil {
			return err
		}
		if piece := out.Take(time.Now()); piece != nil {
			if _, err := dst.Write(piece); err != nil {
				return err
			}
			continue
		}
		switch {
		case ended && out.Empty():
			return closeWrite(dst)
		case ended || out.Full():
			if err := netem.SleepUntil(ctx, out.Next()); err != nil {
				return err
			}
			continue
		}
		n, err := netem.ReadUntil(ctx, src, buf, out.Next())
		if n > 0 {
			p.faults(up).Schedule(&out, buf[:n], time.Now(), random)
		}
		if ended = errors.Is(err, io.EOF); err != nil && !ended {
			return err
		}
	}
}

// closeWrite sends the end of the stream.
func closeWrite(conn net.Conn) error {
	c, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		return fmt.Errorf("connection with %s cannot be closed one way", conn.RemoteAddr())
	}
	return c.CloseWrite()
}

func (p *Proxy) faults(up bool) netem.Faults {
	p.mu.Lock()
	defer p.mu.Unlock()
	if up {
		return p.up
	}
	return p.down
}

// whileStalled returns when bytes may move.
func (p *Proxy) whileStalled(ctx context.Context) error {
	for {
		p.mu.Lock()
		stall := p.stall
		p.mu.Unlock()
		if stall == nil {
			return nil
		}
		select {
		case <-stall:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
