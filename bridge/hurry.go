package bridge

import "time"

// hurry gives the handing over of bytes to programs until t at the longest, because the session that brought them is to end:
// a program that does not read must not keep the modem's goroutine. Whom bytes are being handed need not have the lease.
// The mutex is held.
func (m *modem) hurry(t time.Time) {
	if m.serving == nil {
		return // nothing is handed over, and nobody would call calm
	}
	for _, h := range []*Access{m.handing, m.holder} {
		if h != nil {
			h.client.Interrupt(t)
			m.hurried = append(m.hurried, h)
		}
	}
}

// calm lifts what hurry has set. The mutex is held.
func (m *modem) calm() {
	for _, h := range m.hurried {
		h.client.Interrupt(time.Time{})
	}
	m.hurried = nil
}

// evict takes the modem's goroutine from h, whose lease is taken away. The mutex is held.
func (m *modem) evict(h *Access) {
	if m.handing == h {
		m.evicted = h
		h.client.Interrupt(time.Now())
	}
}

// handed is called when what there was has been handed over.
func (m *modem) handed() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.handing = nil
	if m.evicted != nil {
		m.evicted.client.Interrupt(time.Time{})
		m.evicted = nil
	}
}
