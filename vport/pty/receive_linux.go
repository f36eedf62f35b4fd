package pty

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sys/unix"
)

// buffer is what one read may fill. It is taken only while bytes move, so that an idle port has none.
type buffer [64 << 10]byte

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func (p *ptyPort) Receive(f func(p []byte) bool) error {
	defer p.notifyPresence(true)
	for {
		l, err := p.enterReceive()
		if err != nil {
			return err
		}
		again := false
		err = l.raw.Read(func(uintptr) bool {
			p.flow.Lock()
			defer p.flow.Unlock()
			var done bool
			done, again = p.readTurn(l, f)
			return done
		})
		woken := p.leaveReceive(l)
		switch {
		case err == nil && !again:
			return nil
		case err != nil && !woken:
			return fmt.Errorf("read port %s: %w", p.spec.Address, err)
		}
	}
}

// enterReceive returns the pair to read, with its deadline set.
func (p *ptyPort) enterReceive() (*pair, error) {
	p.notifyPresence(true)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, p.closedError()
	}
	if p.kicked {
		p.kicked = false
		if err := p.pair.file.SetReadDeadline(p.readAt); err != nil {
			return nil, err
		}
	}
	p.pair.users++
	return p.pair, nil
}

// leaveReceive reports whether we ended the read ourselves, and not the caller's deadline.
func (p *ptyPort) leaveReceive(l *pair) (woken bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.release(l)
	return p.kicked || l.gone
}

// readTurn runs when the poller has seen something, and hands over what is there. Without done, Receive waits until the poller
// sees more. With again, it goes on with another pair, or finds the port closed.
//
// A short read has emptied the kernel's queue, and what comes later wakes the poller again. So the read that would return
// EAGAIN is saved. It might have shown a HUP that woke the poller together with the bytes. But then inotify has reported the
// close (closeSeen), and where there is no inotify no read is saved.
func (p *ptyPort) readTurn(l *pair, f func([]byte) bool) (done, again bool) {
	buf := buffers.Get().(*buffer)
	defer buffers.Put(buf)
	through := p.closeSeen.Swap(false) || !l.watched || !p.watcher.live.Load()
	for {
		got, what := p.next(l, buf)
		switch what {
		case readNews:
			through = true
		case readSignal:
			p.proveVisit() // before any of its bytes are handed over
			p.sendSignals()
			p.handing.Store(false)
			through = true
		case readBytes, readFirstBytes:
			if what == readFirstBytes {
				p.proveVisit()
				through = true
			}
			more := f(got)
			p.handing.Store(false)
			if !more {
				return true, false
			}
			if len(got) < len(buf)-1 && !through && !p.noticePending.Load() && !p.signalPending.Load() {
				return false, false
			}
		case readBehindLeaving:
			p.notifyPresence(true)
			through = true
		case readHangUp:
			p.refresh(0)
			if p.notifyPresence(true); !p.noticePending.Load() {
				return false, false
			}
		case readFault:
			p.misread(l)
			return false, false
		case readNothing:
			return false, false
		case readMoved:
			return true, true
		}
	}
}

// readResult is what one look into the queue has shown.
type readResult int

const (
	readNothing       readResult = iota
	readFault                    // another error than a terminal should return
	readBytes                    // bytes of the announced program
	readFirstBytes               // bytes of a program that is not announced yet, or not completely
	readBehindLeaving            // a program has left, and all its bytes are handed over
	readHangUp                   // EIO: nobody has it open, and nothing is left to read
	readMoved                    // the port has another pair now, or is closed
	readNews                     // something was done to the port; what it was is reported after the bytes written before it
	readSignal                   // a signal is to be sent now
)

// next returns the next bytes: the tail of the program that left, or what the kernel has.
func (p *ptyPort) next(l *pair, buf *buffer) ([]byte, readResult) {
	p.reading.Lock()
	defer p.reading.Unlock()
	switch {
	case p.closed:
		return nil, readMoved
	case p.settings.ready:
		p.handing.Store(true)
		return nil, readSignal
	case len(p.tail) > 0:
		n := copy(buf[:], p.tail)
		p.keepTail(nil, 0)
		p.handing.Store(true)
		return buf[:n], readBytes
	case p.leaving:
		return nil, readBehindLeaving
	case p.pair != l:
		return nil, readMoved
	}
	data, what, err := l.read(buf[:])
	switch {
	case what != 0:
		p.noteNews(l, what)
		return nil, readNews
	case len(data) > 0:
		p.moved.Store(true)
		p.handing.Store(true)
		if n := p.splitAtChange(l, data); n < len(data) {
			p.putOff(data[n:])
			if data = data[:n]; n == 0 {
				return nil, readSignal
			}
		}
		if !p.announced || p.noticePending.Load() {
			return data, readFirstBytes
		}
		return data, readBytes
	case p.announced && p.settings.isPending():
		p.handing.Store(true)
		return nil, readSignal
	case errors.Is(err, unix.EAGAIN):
		return nil, readNothing
	case errors.Is(err, unix.EIO):
		return nil, readHangUp
	case err == nil:
		err = io.EOF // of a master that was hung up
	}
	p.readErr = err
	return nil, readFault
}

// misread handles a read that failed as no read of a terminal should.
func (p *ptyPort) misread(l *pair) {
	p.mu.Lock()
	p.reading.Lock()
	err := p.readErr
	p.reading.Unlock()
	if p.pair == l && !p.closed {
		p.fail(fmt.Errorf("read: %w", err))
	}
	p.mu.Unlock()
	p.notifyPresence(true)
}

// drain reads what a program that has left wrote, so that it is not mixed with the next one's bytes. The kernel keeps less than
// a buffer. The number of news is bounded, since the next program may cause some already. The caller holds reading.
func (p *ptyPort) drain(l *pair) {
	const most = 16
	buf := buffers.Get().(*buffer)
	n := copy(buf[:], p.tail)
	for told := 0; n < len(buf) && told < most; {
		data, what, err := l.read(buf[n:])
		if err != nil || what == 0 && len(data) == 0 {
			break
		}
		if what != 0 {
			p.noteNews(l, what)
			told++
			continue
		}
		n += copy(buf[n:], data)
		p.moved.Store(true)
	}
	p.keepTail(buf, n)
	p.settings.ready = p.settings.isPending() && p.writtenBefore(buf[:n], nil) == 0 // after its last bytes a program needs no settings
}

// putOff makes data, which was just read, the tail. The caller holds reading.
func (p *ptyPort) putOff(data []byte) {
	buf := buffers.Get().(*buffer)
	p.keepTail(buf, copy(buf[:], data))
}

// keepTail makes the first n bytes of buf the tail, and returns the old one's buffer. The caller holds reading.
func (p *ptyPort) keepTail(buf *buffer, n int) {
	if p.tailOf != nil {
		buffers.Put(p.tailOf)
	}
	p.tail, p.tailOf = nil, buf
	if n > 0 {
		p.tail = buf[:n]
	}
	if n == 0 && buf != nil {
		p.tailOf = nil
		buffers.Put(buf)
	}
}
