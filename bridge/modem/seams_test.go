package modem

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/frame"
	"meterline/bridge/ledger"
	"meterline/bridge/status"
	"meterline/relay"
	"meterline/vport"
)

// seamRig is a modem that runs, with clients that are none but its own idea of them.
type seamRig struct {
	t *testing.T
	*Modem
}

// inSeams runs f with a modem in a bubble.
func inSeams(t *testing.T, cfg Config, f func(r *seamRig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg.Name = "m"
		m := New(cfg, nil, slog.New(slog.DiscardHandler), new(ledger.Account))
		ctx, cancel := context.WithCancelCause(t.Context())
		var life sync.WaitGroup
		life.Go(func() { m.Run(ctx) })
		defer life.Wait()
		defer cancel(relay.ErrShutdown)
		synctest.Wait()
		f(&seamRig{t, m})
	})
}

// callIn is the far end of a session that the modem begins.
func (r *seamRig) callIn() net.Conn {
	ours, theirs := net.Pipe()
	r.t.Cleanup(func() { theirs.Close() })
	if err := r.Answer(relay.NewSession(ours, relay.Link{}, nil, nil), TakeoverNewest); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
	return theirs
}

// wantFar wants what has come to the far end.
func (r *seamRig) wantFar(far net.Conn, want string) {
	r.t.Helper()
	var got []byte
	buf := make([]byte, 4096)
	for {
		synctest.Wait()
		far.SetReadDeadline(time.Now().Add(time.Nanosecond))
		n, err := far.Read(buf)
		got = append(got, buf[:n]...)
		if err != nil {
			break
		}
	}
	if string(got) != want {
		r.t.Errorf("the modem gets %q, want %q", got, want)
	}
}

// fakeClient is a leased port whose program takes everything.
type fakeClient struct {
	name   string
	access *Access

	mu      sync.Mutex
	got     []byte
	dropped status.Drops
}

func (r *seamRig) client(name string) *fakeClient {
	c := &fakeClient{name: name}
	c.access = NewPortAccess(r.Modem, c, false)
	return c
}

func (c *fakeClient) Name() string        { return c.name }
func (c *fakeClient) Present() bool       { return true }
func (c *fakeClient) Interrupt(time.Time) {}
func (c *fakeClient) StateChanged(View)   {}

func (c *fakeClient) Deliver(b []byte) (int, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, b...)
	return len(b), ""
}

func (c *fakeClient) Dropped(reason string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dropped.Add(reason, n)
}

func (c *fakeClient) write(text string) {
	c.access.Send([]byte(text))
	synctest.Wait()
}

func (c *fakeClient) wantDropped(t *testing.T, reason string, n int64) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dropped[reason] != n {
		t.Errorf("%s has dropped %v, want %d for %q", c.name, c.dropped, n, reason)
	}
}

func (c *fakeClient) wantRead(t *testing.T, want string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if string(c.got) != want {
		t.Errorf("%s reads %q, want %q", c.name, c.got, want)
	}
	c.got = nil
}

// asides lets things be done to the present session between its bytes, and keeps what was done.
type asides struct {
	*seamRig
	lock sync.Mutex
	done []string
}

// put queues something that takes so long, and may go wrong.
func (a *asides) put(name string, takes time.Duration, err error) {
	m := a.Modem
	m.mu.Lock()
	m.circuit.toModem.queue.perform(betweenBytes{failed: m.circuit.far.forget, do: func(*relay.Session) error {
		time.Sleep(takes)
		a.lock.Lock()
		defer a.lock.Unlock()
		a.done = append(a.done, name)
		return err
	}})
	m.mu.Unlock()
	synctest.Wait()
}

func (a *asides) want(names ...string) {
	a.t.Helper()
	synctest.Wait()
	a.lock.Lock()
	defer a.lock.Unlock()
	if !slices.Equal(a.done, names) {
		a.t.Errorf("done is %q, want %q", a.done, names)
	}
}

// The bytes between two settings are given up; the settings stay in order, and nothing is thrown by it.
func TestSettingsOutliveDroppedBytes(t *testing.T) {
	for _, c := range []struct {
		reason string
		happen func(r *seamRig)
	}{
		{status.DropEnded, func(r *seamRig) { r.callIn() }},
		{status.DropTakenOver, func(r *seamRig) {
			time.Sleep(time.Minute)
			r.client("/q").write("mine")
		}},
	} {
		t.Run(c.reason, func(t *testing.T) {
			inSeams(t, Config{}, func(r *seamRig) {
				far, p := r.callIn(), r.client("/p")
				p.write("one")
				r.wantFar(far, "one")
				a := &asides{seamRig: r}
				a.put("first", 2*time.Minute, nil)
				p.write("between")
				a.put("second", 0, nil)
				p.write("behind")
				c.happen(r)
				p.wantDropped(t, c.reason, int64(len("betweenbehind")))
				a.want()
				time.Sleep(2 * time.Minute)
				a.want("first", "second")
			})
		})
	}
}

// What could not be set is not believed to be.
func TestSettingsThatFailed(t *testing.T) {
	inSeams(t, Config{}, func(r *seamRig) {
		r.callIn()
		a := &asides{seamRig: r}
		for _, c := range []struct {
			err  error
			want vport.Settings
		}{
			{nil, vport.Settings{Speed: 300}},
			{errors.New("the time of a program that left was over"), vport.Settings{}},
		} {
			r.mu.Lock()
			r.circuit.far.set = vport.Settings{Speed: 300}
			r.mu.Unlock()
			a.put("set", time.Second, c.err)
			time.Sleep(time.Second)
			synctest.Wait()
			r.mu.Lock()
			if r.circuit.far.set != c.want {
				t.Errorf("behind %v the far port is believed to be set to %v, want %v", c.err, r.circuit.far.set, c.want)
			}
			r.mu.Unlock()
		}
	})
}

// readRequest and readAnswer are those of one Modbus register, by the station's address.
var (
	readRequest = map[int]string{1: "\x01\x03\x00\x01\x00\x01\xd5\xca", 2: "\x02\x03\x00\x01\x00\x01\xd5\xf9"}
	readAnswer  = map[int]string{1: "\x01\x03\x02\x00\x07\xf9\x86", 2: "\x02\x03\x02\x00\x07\xbd\x86"}
)

// The program writes when the answer has been judged and not been handed over.
func TestAnswerIsTakenBack(t *testing.T) {
	inSeams(t, Config{Frame: frame.Config{Protocol: frame.Modbus}}, func(r *seamRig) {
		far, p := r.callIn(), r.client("/p")
		p.write(readRequest[1])
		r.wantFar(far, readRequest[1])
		r.mu.Lock()
		taken := r.circuit.apply(r.circuit.frames.line.FromModem([]byte(readAnswer[1]), time.Now()), time.Now(), r.circuit.toModem.push)
		r.mu.Unlock()
		p.write(readRequest[2])
		r.circuit.toProgram.handOver(taken)
		p.wantRead(t, "")
		p.wantDropped(t, frame.DropLate, int64(len(readAnswer[1])))
		r.wantFar(far, readRequest[2])
		far.SetWriteDeadline(time.Now().Add(time.Minute))
		if _, err := far.Write([]byte(readAnswer[2])); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		p.wantRead(t, readAnswer[2])
		if late := r.Status(time.Now()).Messages.Late; late != 1 {
			t.Errorf("%d messages were late, want 1", late)
		}
	})
}

// impatientClient is a client whose program asks anew as soon as it has read anything.
type impatientClient struct {
	*fakeClient
	asks string
}

func (c *impatientClient) Deliver(b []byte) (int, string) {
	n, reason := c.fakeClient.Deliver(b)
	if asks := c.asks; asks != "" {
		c.asks = ""
		c.access.Send([]byte(asks))
	}
	return n, reason
}

// The program gives up between two pieces of an answer: it gets no more of them.
func TestRestOfAnAnswerIsTakenBack(t *testing.T) {
	inSeams(t, Config{Frame: frame.Config{Protocol: frame.IEC}}, func(r *seamRig) {
		far := r.callIn()
		p := &impatientClient{fakeClient: &fakeClient{name: "/p"}, asks: "/?2!\r\n"}
		p.access = NewPortAccess(r.Modem, p, false)
		p.write("/?1!\r\n")
		r.wantFar(far, "/?1!\r\n")
		const name, block = "/ABC_1\r\n", "\x021.8.0(1)\r\n!\r\n\x03B"
		far.SetWriteDeadline(time.Now().Add(time.Minute))
		if _, err := far.Write([]byte(name + block)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		p.wantRead(t, name)
		p.wantDropped(t, frame.DropLate, int64(len(block)))
		r.wantFar(far, "/?2!\r\n")
	})
}

// behindClient is a client whose program's writes somebody else is handing over for ever.
type behindClient struct{ *fakeClient }

func (behindClient) CatchUp(a *Access) {
	for w := (Catching{}); w.Wait(a); {
	}
}

func (behindClient) DeliverUnread([]byte, func() bool, func()) (int, string, error) {
	return 0, "", vport.ErrUnread
}

// The session takes nothing, so that whoever reads the program waits: the modem's goroutine does not wait for it.
func TestCatchUpWithAWriterThatWaits(t *testing.T) {
	inSeams(t, Config{Frame: frame.Config{Protocol: frame.MBus}}, func(r *seamRig) {
		far := r.callIn()
		c := behindClient{&fakeClient{name: "/p"}}
		c.access = NewPortAccess(r.Modem, c, false)
		go c.access.Send(make([]byte, 300<<10))
		synctest.Wait()
		done := make(chan time.Duration, 1)
		begun := time.Now()
		go func() {
			r.circuit.toProgram.isOutdated(parcel{to: c.access})
			done <- time.Since(begun)
		}()
		if took := <-done; took > catchUpWithin+catchUpEvery {
			t.Errorf("it took %v", took)
		}
		far.Close()
		synctest.Wait()
	})
}

// slowClient takes nothing until it is interrupted.
type slowClient struct {
	*fakeClient
	interrupted chan time.Time
	delivering  chan struct{}
}

func (c *slowClient) Interrupt(t time.Time) { c.interrupted <- t }

func (c *slowClient) Deliver([]byte) (int, string) {
	close(c.delivering)
	if t := <-c.interrupted; t.IsZero() || t.After(time.Now()) {
		return 0, "interrupted for later"
	}
	return 0, status.DropNotRead
}

// What is being handed over when the program leaves is given up: the next program may be there before the bytes are.
func TestLeavingInterruptsADelivery(t *testing.T) {
	inSeams(t, Config{}, func(r *seamRig) {
		far := r.callIn()
		c := &slowClient{fakeClient: &fakeClient{name: "/p"}, interrupted: make(chan time.Time, 9), delivering: make(chan struct{})}
		c.access = NewPortAccess(r.Modem, c, false)
		c.access.Opened()
		c.write("request")
		r.wantFar(far, "request")
		far.SetWriteDeadline(time.Now().Add(time.Minute))
		if _, err := far.Write([]byte("answer")); err != nil {
			t.Fatal(err)
		}
		<-c.delivering
		c.access.Left()
		synctest.Wait()
		select {
		case at := <-c.interrupted:
			if !at.IsZero() {
				t.Errorf("behind it the limit is %v, and not lifted", at)
			}
		default:
			t.Error("the limit is not lifted")
		}
	})
}
