package bridge

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// farSession is one connection of a circuit's far end: it answers every frame, and speaks unasked when told to.
type farSession struct {
	conn *net.TCPConn
	who  int
	ear  *ear
	name string
	over chan struct{}

	mu     sync.Mutex
	random *rand.Rand
	n      int
	sent   int64 // bytes that the system has taken
}

// serve answers until the connection ends.
func (s *farSession) serve() {
	defer close(s.over)
	buf := make([]byte, 16<<10)
	for {
		n, err := s.conn.Read(buf)
		s.ear.feed(buf[:n], func(m stamp) { s.say(m) })
		if err != nil {
			_ = s.conn.Close() // for the second time where the test has ended it
			return
		}
	}
}

// say sends the next frame; an error shows where the connection is read.
func (s *farSession) say(answer stamp) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	n, _ := s.conn.Write(frame(s.name, stamp{s.who, s.n}, answer, s.random))
	s.sent += int64(n)
}

// said is what has been sent so far.
func (s *farSession) said() (stamp, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return stamp{s.who, s.n}, s.sent
}

func (s *farSession) ended() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// end ends the connection, with RST or with FIN.
func (s *farSession) end(rst bool) {
	if rst {
		_ = s.conn.SetLinger(0) // fails only when it has ended already
	}
	_ = s.conn.Close() // likewise
	<-s.over
}

// visitor is a program that has a port open.
type visitor struct {
	modem  string
	who    int
	n      int
	wrote  int64
	ear    *ear
	random *rand.Rand
	in     io.Writer
	leave  func()
}

// visit opens a port, in this process; a mute visitor reads nothing.
func visit(path string, v *visitor, mute bool) error {
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	v.in = f
	var reading sync.WaitGroup
	if !mute {
		reading.Go(func() { listen(f, v.ear) })
	}
	v.leave = func() {
		_ = f.SetDeadline(time.Unix(1, 0)) // it ends the reading
		reading.Wait()
		_ = f.Close() // nothing can be done about an error here
	}
	return nil
}

func listen(r io.Reader, e *ear) {
	buf := make([]byte, 4096)
	for {
		n, err := r.Read(buf)
		e.feed(buf[:n], func(stamp) {})
		if err != nil {
			return
		}
	}
}

// visitByChild opens a port in a process of its own, which is killed when it is to leave.
func visitByChild(path string, v *visitor) error {
	child := exec.Command(os.Args[0], "-test.run=^TestTallyChild$")
	child.Env = append(os.Environ(), "TALLY_PORT="+path)
	in, err := child.StdinPipe()
	if err != nil {
		return err
	}
	out, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return err
	}
	v.in = in
	var reading sync.WaitGroup
	reading.Go(func() { listen(out, v.ear) })
	v.leave = func() {
		_ = child.Process.Kill() // SIGKILL
		reading.Wait()
		_ = child.Wait() // it tells of the signal
	}
	return nil
}

// TestTallyChild is the program that visitByChild runs; by itself it does nothing.
func TestTallyChild(*testing.T) {
	path := os.Getenv("TALLY_PORT")
	if path == "" {
		return
	}
	port, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(os.Stdout, port) }) // until it is killed
	both.Go(func() { _, _ = io.Copy(port, os.Stdin) })
	both.Wait()
}

// say writes frames, and answers with the last one's mark.
func (v *visitor) say(count int) (stamp, error) {
	for range count {
		v.n++
		n, err := v.in.Write(frame(v.modem, stamp{v.who, v.n}, stamp{}, v.random))
		if v.wrote += int64(n); err != nil {
			return stamp{}, err
		}
	}
	return stamp{v.who, v.n}, nil
}
