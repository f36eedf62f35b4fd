package bridge

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/bridge/modem"
	"meterline/vport"
)

const (
	wishPorts  = 8
	wishVisits = 12
	wishBegins = 0xA5
	wishHead   = 14 // begin, length, speed, nonce
	wishUnset  = 19200
)

// wishes is a soak of ports at which programs set what they like.
type wishes struct {
	*testing.T
	b        *Bridge
	cfg      Config
	fars     []*farPort
	written  [wishPorts]atomic.Int64 // bytes
	asked    [wishPorts]atomic.Int64
	answered [wishPorts]atomic.Int64
	garbage  [wishPorts]atomic.Int64
}

// Programs come, set speeds in every manner, write, and leave, while far ports are cut and the configuration is reloaded. Every
// message reaches the far port at the speed that it was written at. The second half of the modems is left in peace: there each comes
// back to its own program alone, and nothing is lost.
func TestEachMessageAtItsSpeed(t *testing.T) { // not in parallel: it judges by milliseconds
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := &wishes{T: t}
	dir := t.TempDir()
	for i := range wishPorts {
		f := newFarPort(ctx, t, &farPort{telnet: true, hears: func(c *farConn, _ []byte) { w.far(i, c) }})
		w.fars = append(w.fars, f)
		name := fmt.Sprint("m", i)
		w.cfg.Modems = append(w.cfg.Modems, modem.Config{
			Name: name, Dial: []string{f.address()}, RetryMin: 10 * time.Millisecond, RetryMax: 50 * time.Millisecond,
			Serial: vport.Settings{Speed: wishUnset},
		})
		w.cfg.Ports = append(w.cfg.Ports, PortConfig{Name: name, Own: true, Modem: name, Spec: vport.Spec{Address: filepath.Join(dir, name)}})
	}
	ready := make(chan struct{})
	w.b = New(w.cfg, Options{Kinds: machinePorts, Ready: func() { close(ready) }})
	var world, programs sync.WaitGroup
	world.Go(func() { _ = w.b.Run(ctx) })
	<-ready
	allUp(ctx, w.b) // what is written before that is dropped
	for i := range wishPorts {
		programs.Go(func() { w.program(ctx, i, rand.New(rand.NewPCG(seed, uint64(i)))) })
	}
	over := make(chan struct{})
	world.Go(func() { w.disturb(ctx, over, rand.New(rand.NewPCG(seed, 1000))) })
	programs.Wait()
	close(over)
	cancel()
	world.Wait()
	for i := range wishPorts {
		asked, answered, garbage := w.asked[i].Load(), w.answered[i].Load(), w.garbage[i].Load()
		t.Logf("m%d: %d asked, %d answered, %d bytes of torn messages, %d sessions", i, asked, answered, garbage, len(w.fars[i].all()))
		if answered == 0 || i >= wishPorts/2 && (asked != answered || garbage > 0 || len(w.fars[i].all()) != 1) {
			t.Errorf("m%d has lost something", i)
		}
	}
}

// disturb cuts connections of the first half, and reloads.
func (w *wishes) disturb(ctx context.Context, over chan struct{}, random *rand.Rand) {
	for step := 0; ; step++ {
		select {
		case <-over:
			return
		case <-time.After(time.Duration(random.IntN(100)) * time.Millisecond):
		}
		i := random.IntN(wishPorts / 2)
		switch random.IntN(4) {
		case 0:
			w.fars[i].cut()
		case 1:
			w.cfg.Modems = slices.Clone(w.cfg.Modems)
			w.cfg.Modems[i].RetryMin = time.Duration(10+step%7) * time.Millisecond // cuts its session
			if _, err := w.b.Reload(w.cfg); err != nil && ctx.Err() == nil {
				w.Error(err)
			}
		case 2:
			_ = w.b.Kick(fmt.Sprint("m", i)) // it may have no session
		}
	}
}

// far checks what has come, and sends it back.
func (w *wishes) far(i int, c *farConn) {
	for {
		speed, nonce, whole, skipped := wishIn(c.got)
		if whole != nil && int(speed) != c.speed {
			w.Errorf("m%d: message %x comes at %d, and was written at %d", i, nonce, c.speed, speed)
		}
		w.garbage[i].Add(int64(skipped))
		if c.got = c.got[skipped:]; whole == nil {
			return
		}
		_ = c.say(true, whole) // its end shows to the reader
		c.got = c.got[len(whole):]
	}
}

// program visits a port several times.
func (w *wishes) program(ctx context.Context, i int, random *rand.Rand) {
	for visit := range wishVisits {
		pause(ctx, time.Duration(random.IntN(30))*time.Millisecond)
		for w.b.Status().Ports[i].Open { // else the two could count as one stay
			pause(ctx, time.Millisecond)
		}
		f, err := os.OpenFile(w.cfg.Ports[i].Spec.Address, os.O_RDWR|syscall.O_NOCTTY, 0)
		if err != nil {
			w.Error(err)
			return
		}
		speed := uint32(wishUnset)
		sets := random.IntN(4) > 0
		for k := range 1 + random.IntN(12) {
			if sets && (k == 0 || random.IntN(3) > 0) {
				speed = []uint32{38400, 57600, 115200, 230400, 12345}[random.IntN(5)]
				w.isRead(ctx, i)
				w.set(f, speed, random)
			}
			w.ask(i, f, speed, uint64(visit)<<32|uint64(k), random)
			if now := speedOf(f); sets && now != speed {
				w.Errorf("m%d: the program has set %d, and finds %d", i, speed, now)
			}
		}
		f.Close()
	}
}

// isRead waits until the daemon has read what the program has written. The program may have given up waiting for an answer before that,
// and the kernel keeps no history of settings: what is read behind a change is taken for written behind it.
func (w *wishes) isRead(ctx context.Context, i int) {
	for end := time.Now().Add(time.Minute); w.b.Status().Ports[i].FromDTE < w.written[i].Load(); pause(ctx, time.Millisecond) {
		if time.Now().After(end) {
			w.Errorf("m%d: the daemon has read %d of %d bytes", i, w.b.Status().Ports[i].FromDTE, w.written[i].Load())
			return
		}
	}
}

// speedOf is what f is set to, 0 where that is not to be known.
func speedOf(f *os.File) (speed uint32) {
	conn, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	_ = conn.Control(func(fd uintptr) {
		if s, err := unix.IoctlGetTermios(int(fd), unix.TCGETS2); err == nil {
			speed = s.Ospeed
		}
	})
	return speed
}

// set sets a speed in one of the manners of programs.
func (w *wishes) set(f *os.File, speed uint32, random *rand.Rand) {
	conn, err := f.SyscallConn()
	if err != nil {
		w.Error(err)
		return
	}
	manner, more := random.IntN(3), random.IntN(3)*random.IntN(10)
	err = conn.Control(func(fd uintptr) {
		for n := range more + 1 {
			s, err := unix.IoctlGetTermios(int(fd), unix.TCGETS2)
			if err != nil {
				w.Error(err)
				return
			}
			s.Cflag = s.Cflag&^unix.CBAUD | unix.BOTHER | unix.CLOCAL
			s.Ispeed, s.Ospeed = speed, speed
			if n < more {
				s.Ospeed = uint32(1000 + n)
			}
			request := uint(unix.TCSETS2)
			switch manner {
			case 1:
				s.Lflag = 0
			case 2:
				request++ // behind what is to be sent
			}
			if err := unix.IoctlSetTermios(int(fd), request, s); err != nil {
				w.Error(err)
			}
		}
	})
	if err != nil {
		w.Error(err)
	}
}

// ask writes a message and waits for it to come back.
func (w *wishes) ask(i int, f *os.File, speed uint32, nonce uint64, random *rand.Rand) {
	p := wish(speed, nonce, random)
	w.asked[i].Add(1)
	cut := random.IntN(len(p))
	for _, piece := range [][]byte{p[:cut], p[cut:]} {
		n, err := f.Write(piece)
		w.written[i].Add(int64(n))
		if err != nil {
			w.Error(err)
			return
		}
		if random.IntN(4) == 0 {
			pause(w.Context(), time.Duration(random.IntN(6))*time.Millisecond)
		}
	}
	within := 300 * time.Millisecond
	if i >= wishPorts/2 {
		within = 20 * time.Second
	}
	_ = f.SetReadDeadline(time.Now().Add(within))
	var got []byte
	for buf := make([]byte, 256); ; {
		n, err := f.Read(buf)
		got = append(got, buf[:n]...)
		_, back, whole, skipped := wishIn(got)
		// Where an answer is late because its session was cut, it may reach the next program.
		if i >= wishPorts/2 && (skipped > 0 || whole != nil && back>>32 != nonce>>32) {
			w.Errorf("m%d: %x comes in visit %d", i, got, nonce>>32)
			return
		}
		if whole != nil && back == nonce {
			w.answered[i].Add(1)
			return
		}
		if got = got[skipped+len(whole):]; err != nil {
			if i >= wishPorts/2 {
				w.Errorf("m%d: %x, of %x at %d, is not answered: %v, %+v", i, nonce, p, speed, err, w.b.Status().Ports[i])
			}
			return
		}
	}
}

// wish is a message that says at which speed it is to reach the far port.
func wish(speed uint32, nonce uint64, random *rand.Rand) []byte {
	n := random.IntN(40)
	p := append(make([]byte, 0, 64), wishBegins, byte(n))
	p = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(p, speed), nonce)
	for range n {
		p = append(p, []byte{0, 0x40, '\r', '\n', 0xFF, 0x11, byte(random.Uint32())}[random.IntN(7)])
	}
	return binary.BigEndian.AppendUint32(p, crc32.ChecksumIEEE(p))
}

// wishIn finds the first whole message in p; skipped is what stands before it, or cannot be the beginning of one.
func wishIn(p []byte) (speed uint32, nonce uint64, whole []byte, skipped int) {
	for ; skipped < len(p); skipped++ {
		q := p[skipped:]
		if q[0] != wishBegins || len(q) > 1 && q[1] >= 40 {
			continue
		}
		if len(q) < 2 || len(q) < wishHead+int(q[1])+4 {
			return 0, 0, nil, skipped
		}
		whole = q[:wishHead+int(q[1])+4]
		if body := whole[:len(whole)-4]; crc32.ChecksumIEEE(body) == binary.BigEndian.Uint32(whole[len(body):]) {
			return binary.BigEndian.Uint32(q[2:]), binary.BigEndian.Uint64(q[6:]), whole, skipped
		}
	}
	return 0, 0, nil, skipped
}
