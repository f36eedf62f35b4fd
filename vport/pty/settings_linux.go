package pty

import (
	"time"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

const (
	// rearmAfter is how long a program must have left its settings alone before EXTPROC and CLOCAL are put right.
	rearmAfter = 10 * time.Millisecond
	// goesOn is how soon behind the bytes before those must come that go on with them.
	goesOn = 20 * time.Millisecond
	// latelyMost is how many of the last bytes a BeforeChange is shown.
	latelyMost = 16
)

// hearing is what a pseudo-terminal's port knows of its program besides the bytes. It is guarded by reading. News only says when to
// look; what has been set is seen in the termios, and whether the program has set anything by what they were before it came.
//
//	news ──► due ──bytes that were written before are handed over──► ripe ──► told
type settingsWatch struct {
	signal    func(vport.Signal) // nil: nobody wants to know, and the pair is not in packet mode
	before    *unix.Termios      // as they were when nobody had the port open; nil: not known, all that is set is the program's
	hasSet    bool               // the present program has set something
	latest    vport.Settings     // what it has set
	signalled vport.Settings     // as of the last signal
	changed   bool               // due: seen has changed
	purge     vport.Signal       // due, if it has a kind
	ready     bool               // what is due is told next
	lately    []byte             // the last bytes that were handed over
	handed    time.Time          // and when
	swept     bool               // our own flush has yet to be news
	rearm     *time.Timer
	lastSeen  unix.Termios // as last looked at
}

// SetSignal puts the port into packet mode, for which it may have any program at any time; nil ends that. Of signals a
// pseudo-terminal has the settings, which are speed and stop bits alone, and purges.
func (p *ptyPort) SetSignal(f func(vport.Signal)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reading.Lock()
	defer p.reading.Unlock()
	was := p.settings.signal
	p.settings.signal = f
	if !p.closed && (f == nil) != (was == nil) {
		p.packetMode(p.pair)
	}
}

// packetMode switches l as it is to be. mu and reading are held.
func (p *ptyPort) packetMode(l *pair) {
	if err := l.setPacket(p.settings.signal != nil); err != nil {
		p.watcher.warn("what programs set is not noticed", "port", p.spec.Address, "error", err)
		return
	}
	p.forgetSettings()
	p.settings.before, p.settings.swept = nil, false
	if l.hungUp() {
		p.recordBefore(l)
	}
}

// Settings are those that the present program has set, and that Receive has told of.
func (p *ptyPort) Settings() vport.Settings {
	p.reading.Lock()
	defer p.reading.Unlock()
	return p.settings.signalled
}

// remember looks at what the next program finds, and answers false if that has come meanwhile: then what was seen last is the better
// guess. reading is held.
func (p *ptyPort) recordBefore(l *pair) bool {
	t, err := l.termios()
	if err != nil || !l.hungUp() {
		return false
	}
	t.Lflag &^= unix.EXTPROC
	p.settings.before = t
	return true
}

// forget is for a program that has gone. reading is held.
func (p *ptyPort) forgetSettings() {
	h := &p.settings
	h.hasSet, h.latest, h.signalled, h.changed, h.purge, h.ready = false, vport.Settings{}, vport.Settings{}, false, vport.Signal{}, false
	p.signalPending.Store(false)
}

// rest is for a port that nobody has, and that was made as good as new. reading is held.
func (p *ptyPort) endVisitSettings() {
	if p.settings.rearm != nil {
		p.settings.rearm.Stop() // done by that
	}
	if p.recordBefore(p.pair) && !p.announced && !p.proved {
		p.forgetSettings() // a visit too short to be told of
	}
}

// heard takes in news of l. reading is held.
func (p *ptyPort) noteNews(l *pair, what news) {
	h := &p.settings
	received, toSend := what&unix.TIOCPKT_FLUSHREAD != 0, what&unix.TIOCPKT_FLUSHWRITE != 0
	if received && h.swept {
		h.swept, received = false, false
	}
	if received || toSend {
		h.purge = vport.Signal{Kind: vport.SignalPurge, Received: received || h.purge.Received, ToSend: toSend || h.purge.ToSend}
		p.signalPending.Store(true)
	}
	if what&unix.TIOCPKT_IOCTL != 0 {
		p.examine(l)
	}
}

// examine looks whether the program has set anything. reading is held.
func (p *ptyPort) examine(l *pair) {
	t, err := l.termios()
	if err != nil {
		return
	}
	h := &p.settings
	h.lastSeen = *t
	right := *t
	l.external(&right)
	if l.local = t.Cflag&unix.CLOCAL != 0; l.local || t.Lflag != right.Lflag {
		p.rearmSoon()
	}
	t.Lflag &^= unix.EXTPROC
	h.hasSet = h.hasSet || h.before == nil || *t != *h.before
	if !h.hasSet {
		return
	}
	if now := lineSettings(t); now != h.latest {
		h.latest, h.changed = now, true
		p.signalPending.Store(true)
	}
}

func (p *ptyPort) rearmSoon() {
	if p.settings.rearm == nil {
		p.settings.rearm = time.AfterFunc(rearmAfter, p.rearm)
		return
	}
	p.settings.rearm.Reset(rearmAfter)
}

// rearm puts EXTPROC and CLOCAL right, once the program has set nothing for a while, of which without EXTPROC there is no news. That
// of ours wakes the reader, which then sees what was set unnoticed.
func (p *ptyPort) rearm() {
	p.reading.Lock()
	defer p.reading.Unlock()
	if p.closed || !p.pair.packet {
		return
	}
	t, err := p.pair.termios()
	if err != nil {
		return
	}
	if h := &p.settings; *t != h.lastSeen {
		h.lastSeen = *t
		p.rearmSoon()
		return
	}
	p.pair.rearm()
}

// isDue reports whether something is to be told behind bytes that were written before. reading is held.
func (h *settingsWatch) isPending() bool { return h.changed || h.purge.Kind != "" }

// sort makes what is due ripe, and tells how many of data, which have just been read, come before it. reading is held.
func (p *ptyPort) splitAtChange(l *pair, data []byte) int {
	if !l.packet {
		return len(data)
	}
	if p.examine(l); l.local { // there may be no news yet of a change in the midst of data
		l.allowParity()
	}
	h, n := &p.settings, len(data)
	if now := time.Now(); now.Sub(h.handed) > goesOn {
		h.lately, h.handed = h.lately[:0], now
	} else {
		h.handed = now
	}
	if h.isPending() {
		h.ready, n = true, p.writtenBefore(data, h.lately)
	}
	h.lately = append(h.lately, data[max(0, len(data)-latelyMost):]...)
	h.lately = append(h.lately[:0], h.lately[max(0, len(h.lately)-latelyMost):]...)
	return n
}

// writtenBefore asks the BeforeChange that the kind was given, if any.
func (p *ptyPort) writtenBefore(data, lately []byte) int {
	if before := p.watcher.beforeChange; before != nil {
		return before(data, lately)
	}
	return 0
}

// inform tells what is ripe. It is the reader's.
func (p *ptyPort) sendSignals() {
	p.reading.Lock()
	h := &p.settings
	f, change, purge := h.signal, h.changed, h.purge
	if change {
		h.signalled = h.latest
	}
	told := h.signalled
	h.changed, h.purge, h.ready = false, vport.Signal{}, false
	p.signalPending.Store(false)
	p.reading.Unlock()
	if f == nil {
		return
	}
	if purge.Kind != "" {
		f(purge)
	}
	if change {
		f(vport.Signal{Kind: vport.SignalSettings, Settings: told})
	}
}
