package bridge

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"sync"
	"time"

	"meterline/vport"
)

// circuit is a modem with its far end, its port and the program there. One goroutine makes everything happen to it.
type circuit struct {
	*tally
	config ModemConfig
	port   string
	random *rand.Rand
	ln     net.Listener // where it is called, if it is
	taking sync.WaitGroup

	program *visitor
	seen    []*ear
	floor   stamp // of the next far session: what was dropped before it must not come
	loose   bool  // a program has left, and nobody has waited until that was noticed

	mu  sync.Mutex
	far *farSession // the latest
}

// newCircuit is a modem that calls in, or one that is called on demand.
func newCircuit(w *tally, name string, onDemand bool, random *rand.Rand) *circuit {
	c := &circuit{tally: w, port: filepath.Join(w.dir, name), random: random}
	c.config = ModemConfig{Name: name, Exchange: "x", ID: fmt.Sprintf("35693803%07d", len(w.circuits))}
	if onDemand {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			w.Fatal(err)
		}
		c.ln = ln
		c.config = ModemConfig{
			Name: name, Dial: []string{ln.Addr().String()}, OnOpen: true, Linger: 30 * time.Millisecond,
			RetryMin: 10 * time.Millisecond, RetryMax: 50 * time.Millisecond,
		}
		c.taking.Go(c.takeCalls)
	}
	return c
}

func (c *circuit) portConfig() PortConfig {
	return PortConfig{Name: c.config.Name, Own: true, Modem: c.config.Name, Spec: vport.Spec{Address: c.port}}
}

// close ends what the circuit has outside of the bridge.
func (c *circuit) close() {
	if c.program != nil {
		c.program.leave()
	}
	if c.ln != nil {
		_ = c.ln.Close() // ends takeCalls
	}
	c.taking.Wait()
	if s := c.latest(); s != nil {
		s.end(true)
	}
}

// session makes a connection the circuit's latest session.
func (c *circuit) session(conn net.Conn, seed uint64) *farSession {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		c.Fatalf("%s: no TCP", c.config.Name)
	}
	s := &farSession{
		conn: tcp, who: int(c.numbers.Add(1)), name: c.config.Name, over: make(chan struct{}),
		ear: &ear{modem: c.config.Name, floor: c.floor}, random: rand.New(rand.NewPCG(seed, 0)),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.far = s
	c.seen = append(c.seen, s.ear)
	return s
}

func (c *circuit) takeCalls() {
	for seed := uint64(1); ; seed++ {
		conn, err := c.ln.Accept()
		if err != nil {
			return
		}
		s := c.session(conn, seed)
		c.taking.Go(s.serve)
	}
}

func (c *circuit) latest() *farSession {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.far
}

// call calls in, and waits until the session is the modem's: two calls at once would be in an order that nobody knows.
func (c *circuit) call() {
	conn, err := net.Dial("tcp", c.exchange)
	if err != nil {
		c.Fatal(err)
	}
	old := c.latest()
	s := c.session(conn, c.random.Uint64())
	if _, err := io.WriteString(conn, c.config.ID+"\r\n"); err != nil {
		c.Fatal(err)
	}
	c.taking.Go(s.serve)
	c.until("the session is the modem's", func() bool {
		m := c.modem()
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.session != nil && m.session.Peer() == conn.LocalAddr().String()
	})
	if old != nil {
		<-old.over // displaced, or gone before
	}
}

func (c *circuit) modem() *modem {
	c.b.mu.Lock()
	defer c.b.mu.Unlock()
	return c.b.modems[c.config.Name].it
}

func (c *circuit) device() *port {
	c.b.mu.Lock()
	defer c.b.mu.Unlock()
	return c.b.ports[c.port].it
}

// until waits for what has to come true.
func (c *circuit) until(what string, done func() bool) {
	c.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); {
		if time.Now().After(end) {
			c.Fatalf("modem %s: not in time: %s: %v", c.config.Name, what, c.balance())
		}
		time.Sleep(time.Millisecond) // between two looks
	}
}

// balance is where a circuit's bytes have gone, both ways.
type balance struct {
	received, delivered, unwanted int64 // from the modem
	written, sent, refused        int64 // from the program
	kept                          int64
}

func (b balance) even() bool {
	return b.received == b.delivered+b.unwanted && b.written == b.sent+b.refused+b.kept
}

func (c *circuit) balance() balance {
	m, p := c.modem(), c.device()
	m.mu.Lock()
	defer m.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	a := m.account.snapshot(time.Now())
	b := balance{
		received: a.Month.Up, delivered: p.to, unwanted: m.dropped[dropNobody],
		written: p.from, sent: a.Month.Down, kept: int64(len(p.kept.data)),
	}
	for reason, n := range p.dropped {
		if reason == dropNobody || reason == dropNotRead {
			b.unwanted += n
		} else {
			b.refused += n
		}
	}
	return b
}

// settled waits until all that the far end has sent in its session has been delivered or dropped, and tells what that was.
func (c *circuit) settled(s *farSession) stamp {
	c.Helper()
	last, sent := s.said()
	m := c.modem()
	c.until("what the modem has sent is delivered or dropped", func() bool {
		m.mu.Lock()
		all := m.serving != nil && m.serving.Peer() == s.peer() && m.got == sent
		m.mu.Unlock()
		return all && c.balance().even()
	})
	return last
}

// peer is the address that the bridge knows the far end by.
func (s *farSession) peer() string { return s.conn.LocalAddr().String() }
