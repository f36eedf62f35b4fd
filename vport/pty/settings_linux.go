package pty

import (
	"time"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

const (
	// rearmAfter is how long a program must have left its settings alone before EXTPROC and CLOCAL are put right.
	rearmAfter = 10 * time.Millisecond
	// goesOn is the longest pause after which bytes still continue those before them.
	goesOn = 20 * time.Millisecond
	// latelyMost is how many of the last bytes a BeforeChange gets.
	latelyMost = 16
)

// settingsWatch follows what the present program does to a pseudo-terminal besides writing. It is guarded by ptyPort.reading.
// News only says when to look. The termios show what is set; comparing them with those before the program came shows whether
// the program has set it.
//
//	news ──► pending ──bytes that were written before are handed over──► ready ──► signalled
type settingsWatch struct {
	signal    func(vport.Signal) // nil: nobody wants to know, and the pair is not in packet mode
	before    *unix.Termios      // as they were when nobody had the port open; nil: not known, so that all settings count as the program's
	hasSet    bool               // the present program has set something
	latest    vport.Settings     // what the present program has set
	signalled vport.Settings     // as of the last signal
	changed   bool               // pending: latest differs from signalled
	purge     vport.Signal       // pending, if it has a kind
	ready     bool               // what is pending is sent next
	lately    []byte             // the last bytes that were handed over
	handed    time.Time          // when they were
	swept     bool               // our own flush has yet to be reported as news
	rearm     *time.Timer
	lastSeen  unix.Termios // when examine last looked
}

// SetSignal puts the port into packet mode, whichever program it has now or later; nil ends that. A pseudo-terminal signals its
// settings, which are only speed and stop bits, and purges.
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

// packetMode switches l to the mode that is wanted. The caller holds mu and reading.
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

// Settings returns the settings that the present program has set, as last signalled by Receive.
func (p *ptyPort) Settings() vport.Settings {
	p.reading.Lock()
	defer p.reading.Unlock()
	return p.settings.signalled
}

// recordBefore records the settings that the next program finds. It returns false if that program has come in between; then the
// settings seen last are the better guess. The caller holds reading.
func (p *ptyPort) recordBefore(l *pair) bool {
	t, err := l.termios()
	if err != nil || !l.hungUp() {
		return false
	}
	t.Lflag &^= unix.EXTPROC
	p.settings.before = t
	return true
}

// forgetSettings forgets a program that has gone. The caller holds reading.
func (p *ptyPort) forgetSettings() {
	h := &p.settings
	h.hasSet, h.latest, h.signalled, h.changed, h.purge, h.ready = false, vport.Settings{}, vport.Settings{}, false, vport.Signal{}, false
	p.signalPending.Store(false)
}

// endVisitSettings follows on cleanUp, when nobody has the port. The caller holds reading.
func (p *ptyPort) endVisitSettings() {
	if p.settings.rearm != nil {
		p.settings.rearm.Stop() // cleaning up has done its work
	}
	if p.recordBefore(p.pair) && !p.announced && !p.proved {
		p.forgetSettings() // a visit too short to be announced
	}
}

// noteNews takes news of l. The caller holds reading.
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

// examine checks whether the program has set anything. The caller holds reading.
func (p *ptyPort) examine(l *pair) {
	t, err := l.termios()
	if err != nil {
		return
	}
	h := &p.settings
	h.lastSeen = *t
	right := *t
	l.setExtproc(&right)
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

// rearm corrects EXTPROC and CLOCAL once the program has set nothing for a while; without EXTPROC there is no news of what it
// sets. Our own change is news that wakes the reader, which then sees what was set unnoticed.
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

// isPending reports whether something is to be signalled after the bytes written before it. The caller holds reading.
func (h *settingsWatch) isPending() bool { return h.changed || h.purge.Kind != "" }

// splitAtChange makes what is pending ready, and returns how many of the bytes data, just read, come before it. The caller
// holds reading.
func (p *ptyPort) splitAtChange(l *pair, data []byte) int {
	if !l.packet {
		return len(data)
	}
	if p.examine(l); l.local { // news of a change in the middle of data may not have come yet
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

// writtenBefore asks the kind's BeforeChange, if there is one.
func (p *ptyPort) writtenBefore(data, lately []byte) int {
	if before := p.watcher.beforeChange; before != nil {
		return before(data, lately)
	}
	return 0
}

// sendSignals sends what is ready. Only the reader calls it.
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
