package bridge

import (
	"os"
	"syscall"
)

// newVisitor is a program that is about to open the port.
func (c *circuit) newVisitor() *visitor {
	v := &visitor{modem: c.config.Name, who: int(c.numbers.Add(1)), ear: &ear{modem: c.config.Name, holes: c.loose}, random: c.random}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, v.ear)
	return v
}

// open opens the port unless a program has it open.
func (c *circuit) open() {
	if c.program == nil {
		c.come(c.newVisitor(), false)
	}
}

func (c *circuit) come(v *visitor, mute bool) {
	if err := visit(c.port, v, mute); err != nil {
		c.Fatalf("modem %s: %v", c.config.Name, err)
	}
	c.program = v
}

// leave closes the port; the next program may come before that is noticed.
func (c *circuit) leave() {
	if c.program != nil {
		c.program.leave()
		c.program, c.loose = nil, true
	}
}

// leaveSeen closes the port, and waits until that is noticed.
func (c *circuit) leaveSeen() {
	c.leave()
	p := c.device()
	c.until("the program's leaving is noticed", func() bool { return !p.isOpen() && !p.present() })
	c.loose = false
}

// online sees to it that there is a program and a session.
func (c *circuit) online() *farSession {
	c.open()
	if c.ln == nil && (c.latest() == nil || c.latest().ended()) {
		c.call()
	}
	if c.ln != nil {
		c.until("it is called", func() bool { s := c.latest(); return s != nil && !s.ended() })
	}
	return c.latest()
}

func (c *circuit) says(n int) stamp {
	last, err := c.program.say(n)
	if err != nil {
		c.Fatalf("modem %s: write to the port: %v", c.config.Name, err)
	}
	return last
}

// talk asks until an answer comes: a session that is about to end may take a question with it, but not all of them.
func (c *circuit) talk() {
	for range 50 {
		s := c.online()
		last := c.says(1 + c.random.IntN(4))
		ear := c.program.ear
		c.until("an answer comes, or the session has ended", func() bool { return ear.answers(last) || s.ended() || s != c.latest() })
		if ear.answers(last) {
			return
		}
	}
	c.Errorf("modem %s: nothing is answered", c.config.Name)
}

// burst asks, and waits for nothing.
func (c *circuit) burst() {
	c.open()
	c.says(1 + c.random.IntN(20))
}

// push lets the modem speak unasked.
func (c *circuit) push() {
	if s := c.latest(); s != nil {
		for range 1 + c.random.IntN(20) {
			s.say(stamp{})
		}
	}
}

// lose ends the session from the far end.
func (c *circuit) lose() {
	if s := c.latest(); s != nil {
		s.end(c.random.IntN(2) == 0)
	}
}

// displace calls in while the session before still stands, with bytes on their way in both directions.
func (c *circuit) displace() {
	if c.ln != nil {
		return
	}
	c.online()
	c.burst()
	c.push()
	c.call()
}

func (c *circuit) kick() {
	s := c.latest()
	if c.b.Kick(c.config.Name) == nil && c.ln == nil {
		<-s.over
	}
}

// scan opens and closes the port, as programs do that look for modems.
func (c *circuit) scan() {
	for range 1 + c.random.IntN(5) {
		f, err := os.OpenFile(c.port, os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
		if err != nil {
			c.Fatalf("modem %s: %v", c.config.Name, err)
		}
		_ = f.Close() // nothing was written
	}
	c.loose = true
}

// unread lets a program leave with the answers to its questions waiting for it. The next one must get none of them.
func (c *circuit) unread() {
	if c.ln != nil {
		return // its session may end any moment
	}
	c.leaveSeen()
	c.come(c.newVisitor(), true)
	s := c.online()
	last := c.says(1 + c.random.IntN(15))
	c.until("the modem has been asked", func() bool { return s.ear.heard() == last })
	c.push()
	floor := c.settled(s)
	c.leaveSeen()
	v := c.newVisitor()
	v.ear.floor = floor
	c.come(v, false)
	c.talk()
}

// outage lets a program write while the modem is away. Under a permanent line the next session must get nothing of it.
func (c *circuit) outage() {
	if c.ln != nil {
		return
	}
	c.lose()
	m := c.modem()
	c.until("the modem is away", func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.session == nil
	})
	c.leaveSeen()
	before := c.balance().written
	c.open()
	c.floor = c.says(1 + c.random.IntN(20))
	c.until("what was written is dropped", func() bool {
		b := c.balance()
		return b.written-before == c.program.wrote && b.even()
	})
	c.talk()
}

// child lets a process of its own have the port, and kills it in the middle.
func (c *circuit) child() {
	c.leaveSeen()
	v := c.newVisitor()
	if err := visitByChild(c.port, v); err != nil {
		c.Fatal(err)
	}
	c.program = v
	c.talk()
	c.burst()
	if c.random.IntN(2) == 0 {
		c.push()
	}
	c.leave()
}
