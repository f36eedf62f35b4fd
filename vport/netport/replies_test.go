package netport

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"

	"meterline/vport"
)

// A client that asks without end and does not read is not read either: its replies are bounded, none is lost, and the port can be
// closed at once.
func TestRepliesNotRead(t *testing.T) {
	t.Parallel()
	p, conn := telnetPort(t)
	question := []byte{0xFF, 0xF6} // are you there?
	reply := []byte("\r\n[Yes]\r\n")
	asked := make(chan int)
	go func() {
		_ = conn.SetWriteDeadline(time.Now().Add(2 * time.Second))
		n := 0
		for {
			m, err := conn.Write(bytes.Repeat(question, 2048))
			if n += m; err != nil {
				asked <- n
				return
			}
		}
	}()
	n := <-asked
	p.queue.Lock()
	c := p.client
	owed := 0
	if c != nil {
		owed = c.owed
	}
	p.queue.Unlock()
	if owed == 0 || owed > repliesMax+2048*len(reply) {
		t.Fatalf("%d bytes of replies wait", owed)
	}
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	skipGreeting(t, conn)
	got, want := make([]byte, 9<<10), bytes.Repeat(reply, 1<<10)
	got[0] = reply[0]
	for left, skip := n/2*len(reply), 1; left > 0; skip = 0 {
		size := min(left, len(got))
		if _, err := io.ReadFull(conn, got[skip:size]); err != nil || !bytes.Equal(got[:size], want[:size]) {
			t.Fatalf("%d bytes before the end: %v", left, err)
		}
		left -= size
	}
}

func TestCloseWithRepliesNotRead(t *testing.T) {
	p, conn := telnetPort(t)
	go func() { // ends when the connection does
		for {
			if _, err := conn.Write(bytes.Repeat([]byte{0xFF, 0xF6}, 2048)); err != nil {
				return
			}
		}
	}()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		p.queue.Lock()
		full := p.client != nil && p.client.owed > repliesMax
		p.queue.Unlock()
		if full {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the replies do not gather")
		}
	}
	start := time.Now()
	if err := p.Close(); err != nil || time.Since(start) > 5*time.Second {
		t.Errorf("closed after %v: %v", time.Since(start), err)
	}
}

// A client that has suspended the flow of data gets replies, so that it can go on.
func TestRepliesWhileSuspended(t *testing.T) {
	p, conn := telnetPort(t)
	suspend, resume := []byte{0xFF, 0xFA, 44, 8, 0xFF, 0xF0}, []byte{0xFF, 0xFA, 44, 9, 0xFF, 0xF0}
	if _, err := conn.Write(suspend); err != nil {
		t.Fatal(err)
	}
	waitFor(t, p, func(c *client) bool { return c.suspended })
	wrote := make(chan error, 1)
	go func() {
		_, err := p.Write([]byte("data"))
		wrote <- err
	}()
	question := bytes.Repeat([]byte{0xFF, 0xF6}, 4000) // more than may wait
	if _, err := conn.Write(question); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4000*len("\r\n[Yes]\r\n"))
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	skipGreeting(t, conn)
	if _, err := io.ReadFull(conn, got[1:]); err != nil || bytes.Contains(got, []byte("data")) {
		t.Fatalf("while suspended: %v", err)
	}
	if _, err := conn.Write(resume); err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 4)
	if _, err := io.ReadFull(conn, data); err != nil || string(data) != "data" {
		t.Errorf("%q, %v", data, err)
	}
	if err := <-wrote; err != nil {
		t.Error(err)
	}
}

// skipGreeting reads up to the first byte of the first reply.
func skipGreeting(t *testing.T, r io.Reader) {
	t.Helper()
	for b := make([]byte, 1); b[0] != '\r'; {
		if _, err := r.Read(b); err != nil {
			t.Fatal(err)
		}
	}
}

// telnetPort is an RFC 2217 port that is being served, and a client that is there and reads nothing by itself.
func telnetPort(t *testing.T) (*port, net.Conn) {
	t.Helper()
	opened, err := RFC2217(nil).Open(vport.Spec{Address: "rfc2217://127.0.0.1:0"}, func(bool) {})
	if err != nil {
		t.Fatal(err)
	}
	p := opened.(*rfc2217Port).port
	received := make(chan error, 1)
	go func() { received <- p.Receive(func([]byte) bool { return true }) }()
	t.Cleanup(func() {
		_ = p.Close()
		<-received
	})
	conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	// It agrees to nothing: so the negotiation is at its end, and it counts as there.
	if _, err := conn.Write([]byte{255, 254, 0, 255, 254, 3, 255, 254, 1, 255, 252, 0, 255, 252, 3, 255, 252, 44}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, p, func(c *client) bool { return c.there })
	return p, conn
}

func waitFor(t *testing.T, p *port, what func(*client) bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		p.queue.Lock()
		done := p.client != nil && what(p.client)
		p.queue.Unlock()
		if done {
			return
		}
		if time.Now().After(end) {
			t.Fatal("it has not come to this")
		}
	}
}
