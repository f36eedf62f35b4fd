package vport

// Receive hands over what clients write, and tells of their coming and leaving and of their signals.
func (p *netPort) Receive(f func([]byte) bool) error {
	for {
		q, err := p.next()
		switch {
		case err != nil:
			return err
		case q.came || q.left:
			p.presence(q.came)
		case q.data == nil:
			p.tell(q.signal)
		case !f(q.data):
			return nil
		}
	}
}

func (p *netPort) tell(s Signal) {
	p.mu.Lock()
	f := p.signal
	p.mu.Unlock()
	if f != nil {
		f(s)
	}
}

// next waits for the next piece.
func (p *netPort) next() (netPiece, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.closed:
			return netPiece{}, p.closedError()
		case expired(p.readAt):
			return netPiece{}, p.deadlineError()
		case len(p.queue) > 0:
			q := p.queue[0]
			p.queue = p.queue[1:]
			p.queued -= len(q.data)
			p.note(q)
			p.change()
			return q, nil
		}
		p.wait(p.readAt)
	}
}

// note keeps what the piece says of the present program. mu is held.
func (p *netPort) note(q netPiece) {
	switch {
	case q.came:
		p.told, p.settings = q.client, Settings{}
	case q.left:
		p.told, p.settings = nil, Settings{}
	case q.data == nil && q.signal.Kind == SignalSettings:
		p.settings = q.signal.Settings
	}
}
