package bridge

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// guardProgram is a program at one port.
type guardProgram struct {
	w      *guardWorld
	far    *guardFar
	path   string
	random *rand.Rand
	tight  bool // its patience is about what answers take
	f      *os.File
	tag    int
	last   guardOp
	text   []byte // what it writes to ask that
	done   bool
	front  []byte // it has written this and given it up: the line may return it together with the next request
}

func (w *guardWorld) program(ctx context.Context, i int, random *rand.Rand) {
	p := &guardProgram{w: w, far: w.fars[i], path: w.path(i), random: random}
	for ctx.Err() == nil {
		p.op(ctx)
	}
	if p.f != nil {
		_ = p.f.Close() // nothing is buffered
	}
}

func (p *guardProgram) open() bool {
	for range 200 {
		f, err := os.OpenFile(p.path, os.O_RDWR|syscall.O_NOCTTY, 0)
		if err == nil {
			p.f = f
			return true
		}
		time.Sleep(time.Millisecond)
	}
	p.w.Errorf("%s cannot be opened", p.path)
	return false
}

// op asks once, and reads until the answer is there or patience has ended.
func (p *guardProgram) op(ctx context.Context) {
	if p.f == nil && !p.open() {
		return
	}
	clean := p.done && p.far.quiet()
	again := p.last.text != nil && !p.done && p.random.IntN(10) < 4
	if !again {
		p.tag++
		p.last = p.far.op(p.tag)
		p.text = p.last.text
		if !p.tight && p.random.IntN(5) == 0 {
			p.text = slices.Concat([]byte(p.far.wake), p.last.text)
		}
		p.last.whole = slices.Concat(p.front, p.text)
	}
	p.done, p.front = false, nil
	p.far.register(p.last)
	p.far.asked.Add(1)
	begun := time.Now()
	if !p.write(p.text) {
		return
	}
	p.read(ctx, clean && !again, begun)
	if p.tight {
		return
	}
	switch p.random.IntN(20) {
	case 0: // it leaves, and another comes
		p.far.log.note("program: close")
		_ = p.f.Close() // nothing is buffered
		p.f, p.last = nil, guardOp{}
		pause(ctx, time.Duration(p.random.IntN(100))*time.Millisecond)
	case 1:
		pause(ctx, time.Duration(p.random.IntN(3))*3*guardAnswer)
	case 2, 3, 4, 5:
		pause(ctx, time.Duration(p.random.IntN(100))*time.Millisecond)
	}
}

// guardPatience is for how much longer than its program an answer is waited for that has to come: the machine may have stood still.
const guardPatience = 5 * time.Second

// overdue reports whether the answer, of which got has come in time, comes after all.
func (p *guardProgram) overdue(ctx context.Context, got []byte) bool {
	if p.f.SetReadDeadline(time.Now().Add(guardPatience)) != nil {
		return false
	}
	buf := make([]byte, 512)
	for ctx.Err() == nil {
		n, err := p.f.Read(buf)
		got = append(got, buf[:n]...)
		p.far.log.note("program: ← %q %v, too late", buf[:n], err)
		_, p.done = p.last.may(got, p.far.wake)
		if p.done || err != nil {
			return p.done
		}
	}
	return false
}

// arrived reports whether there is anything to be read. poll makes the kernel hand over what has been written to the master:
// until its worker has been scheduled neither a flush nor a count of bytes sees that.
func arrived(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0
}

// write writes a request, whole or in pieces. What comes before its first byte has been written is the one before's: on a cable,
// too, a program may be given that between its flush and its write.
func (p *guardProgram) write(text []byte) bool {
	cut := len(text)
	if !p.tight && p.random.IntN(3) == 0 {
		cut = 1 + p.random.IntN(len(text)-1)
	}
	conn, err := p.f.SyscallConn()
	if err != nil {
		p.w.Error(err)
		return false
	}
	raced := false
	p.far.log.note("program: → %q, %d", text, cut)
	err = conn.Control(func(fd uintptr) {
		arrived(int(fd))
		_ = unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCIFLUSH)
		_, _ = unix.Write(int(fd), text[:cut])
		raced = arrived(int(fd))
	})
	if err != nil {
		return false
	}
	if raced {
		p.far.raced.Add(1)
		p.far.log.note("program: raced")
		p.last = guardOp{}
		if cut < len(text) {
			p.front = text[:cut]
		}
		return false
	}
	p.far.log.note("program: written")
	if cut < len(text) {
		time.Sleep(time.Duration(p.random.IntN(40)) * time.Millisecond)
		_, err = p.f.Write(text[cut:])
		p.far.log.note("program: the rest written")
	}
	return err == nil
}

// glance reads what is there.
func (p *guardProgram) glance(buf []byte) (n int) {
	conn, err := p.f.SyscallConn()
	if err != nil {
		p.w.Error(err)
		return 0
	}
	err = conn.Control(func(fd uintptr) {
		if arrived(int(fd)) {
			n, _ = unix.Read(int(fd), buf)
		}
	})
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// read reads, and holds what comes against the answer to the request that was begun at the time begun. Clean: it has to come.
func (p *guardProgram) read(ctx context.Context, clean bool, begun time.Time) {
	patience := time.Duration(1+p.random.IntN(400)) * time.Millisecond
	switch {
	case p.tight:
		patience = time.Duration(300+p.random.IntN(3000)) * time.Microsecond
	case p.random.IntN(2) == 0:
		patience = 3*guardAnswer + time.Duration(p.random.IntN(1000))*time.Millisecond
	}
	end := time.Now().Add(patience)
	_ = p.f.SetReadDeadline(end)
	var got []byte
	buf := make([]byte, 512)
	for !p.done && ctx.Err() == nil {
		n, err := p.f.Read(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			n = p.glance(buf) // what has come in time counts, even if this process has had no time
		}
		got = append(got, buf[:n]...)
		p.far.log.note("program: ← %q %v", buf[:n], err)
		may, done := p.last.may(got, p.far.wake)
		if !may {
			p.far.wrong.Add(1)
			p.w.Logf("%s: %q was asked, and %q is given%v", p.path, p.last.text, got, &p.far.log)
			p.last = guardOp{}
			return
		}
		p.done = done
		if err != nil {
			break
		}
	}
	if p.done {
		p.far.answered.Add(1)
		return
	}
	if clean && !p.tight && p.overdue(ctx, got) {
		return
	}
	said := p.far.said(p.last)
	if ctx.Err() != nil {
		return // it has not waited for as long as it meant to
	}
	if disturbed := time.Unix(0, p.far.disturbed.Load()); clean && !said.IsZero() && end.Sub(said) > 500*time.Millisecond && begun.Sub(disturbed) > 6*guardAnswer {
		p.far.lost.Add(1)
		p.w.Logf("%s: %q was asked, answered %v before the end of patience, and %s is given", p.path, p.last.text, end.Sub(said), fmt.Sprintf("%q%v", got, &p.far.log))
	}
}
