package vport

// CatchUp reads the master at once, which makes the kernel hand over what programs have written: otherwise a worker of its
// own does so, and on a loaded machine that may take many milliseconds, as may the waking of whoever is parked in Receive.
func (p *ptyPort) CatchUp(f func(p []byte) bool) bool {
	if !p.flow.TryLock() {
		return false
	}
	defer p.flow.Unlock()
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return true
	}
	l := p.pair
	l.users++
	p.mu.Unlock()
	p.take(l, f) // whether Receive is to go on otherwise it finds by itself
	p.mu.Lock()
	p.release(l)
	p.mu.Unlock()
	return true
}
