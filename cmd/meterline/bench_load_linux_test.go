package main_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	requestSize = 20
	answerSize  = 60
	lastRequest = 0xFF // first byte of the one that ends the far ends
	patience    = 5 * time.Second
)

// load is one pattern of requests. A port never has more than one that waits for its answer.
type load struct {
	name  string
	ports int
	lasts time.Duration
	every time.Duration // from one request to the next, of all ports together; 0: each port asks again at once
}

// run is one run over r's circuits.
func (l load) run(r *rival) (finding, error) {
	watchdog := time.AfterFunc(l.lasts+patience, func() { end(r.pids) }) // what is blocked then sees its port or its peer go
	defer watchdog.Stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	var farErr error
	wg.Go(func() { farErr = answer(r.circuits) })
	cpu, begun := cpuTime(r.pids), time.Now()
	took, err := l.ask(r.circuits)
	used, lasted := cpuTime(r.pids)-cpu, time.Since(begun)
	if err == nil {
		err = write(r.circuits[0].near, request(lastRequest))
	}
	if err != nil {
		end(r.pids)
	}
	wg.Wait()
	if err = errors.Join(err, farErr); err != nil {
		return finding{}, err
	}
	n := float64(len(took))
	return finding{speed: middle(took), cpu: used.Seconds() * 1e6 / n, rate: n / lasted.Seconds()}, nil
}

// ask is the programs: it answers with the time of each round trip in microseconds.
func (l load) ask(circuits []circuit) ([]float64, error) {
	if len(circuits) == 1 {
		return l.askOne(circuits[0].near)
	}
	p := programs{load: l, circuits: circuits, sent: make([]time.Duration, len(circuits)), got: make([]int, len(circuits))}
	return p.run()
}

// askOne is one program, which simply reads and writes.
func (l load) askOne(fd int) (took []float64, err error) {
	begun := time.Now()
	buf := make([]byte, answerSize)
	for due := l.every; due <= l.lasts && time.Since(begun) < l.lasts; due += l.every {
		if err := sleepUntil(begun.Add(due)); err != nil {
			return nil, err
		}
		sent := time.Now()
		if err := write(fd, request(0)); err != nil {
			return nil, fmt.Errorf("request: %w", err)
		}
		for got := 0; got < answerSize; {
			n, err := read(fd, buf[got:])
			if err != nil {
				return nil, fmt.Errorf("answer: %w", err)
			}
			got += n
		}
		took = append(took, float64(time.Since(sent))/1e3)
	}
	return took, nil
}

// sleepUntil is finer than the timers of Go, which round up to a millisecond where nothing else is due.
func sleepUntil(t time.Time) error {
	rest := time.Until(t)
	if rest <= 0 {
		return nil
	}
	left := unix.NsecToTimespec(int64(rest))
	return retryInterrupted(func() error { return unix.Nanosleep(&left, &left) })
}

// request is a message of requestSize bytes; the last one differs in its first byte.
func request(first byte) []byte {
	if first == lastRequest {
		return bytes.Repeat([]byte{lastRequest}, requestSize)
	}
	return informationFrame(0x03, 0x21, 0x10, requestSize)
}

// informationFrame is an HDLC I frame of n bytes between a DLMS client and a meter, at one byte of address each: messages of a
// protocol, so that what finds their ends has its work to do.
func informationFrame(to, from, control byte, n int) []byte {
	p := []byte{0xA0, byte(n - 2), to, from, control}
	p = append(frameCheck(p), bytes.Repeat([]byte{0x55}, n-11)...)
	return append(append([]byte{0x7E}, frameCheck(p)...), 0x7E)
}

// frameCheck appends the check sequence of HDLC (ISO/IEC 13239).
func frameCheck(p []byte) []byte {
	crc := uint16(0xFFFF)
	for _, b := range p {
		crc ^= uint16(b)
		for range 8 {
			crc = crc>>1 ^ 0x8408*(crc&1)
		}
	}
	return append(p, byte(^crc), byte(^crc>>8))
}

// answer is the far ends, until the last request.
func answer(circuits []circuit) error {
	ready, err := newReadiness(len(circuits))
	if err != nil {
		return err
	}
	defer ready.close()
	for i, c := range circuits {
		if err := ready.add(c.far, i); err != nil {
			return err
		}
	}
	got := make([]int, len(circuits))
	buf, reply := make([]byte, requestSize), informationFrame(0x21, 0x03, 0x30, answerSize)
	for {
		which, err := ready.wait()
		if err != nil {
			return err
		}
		for _, i := range which {
			n, err := read(circuits[i].far, buf[:requestSize-got[i]])
			if err != nil {
				return fmt.Errorf("far end %d: %w", i, err)
			}
			if got[i] == 0 && buf[0] == lastRequest {
				return drainRequest(circuits[i].far, requestSize-n)
			}
			if got[i] += n; got[i] < requestSize {
				continue
			}
			got[i] = 0
			if err := write(circuits[i].far, reply); err != nil {
				return fmt.Errorf("far end %d: %w", i, err)
			}
		}
	}
}

// drainRequest takes the rest of the last request, so that the next run finds nothing.
func drainRequest(fd, rest int) error {
	buf := make([]byte, requestSize)
	for rest > 0 {
		n, err := read(fd, buf[:rest])
		if err != nil {
			return err
		}
		rest -= n
	}
	return nil
}

// readiness tells which of many descriptors can be read. One alone is always named: reading it waits.
type readiness struct {
	epoll  int
	events [256]unix.EpollEvent
	which  []int
}

func newReadiness(n int) (*readiness, error) {
	if n == 1 {
		return &readiness{epoll: -1, which: []int{0}}, nil
	}
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return &readiness{epoll: fd}, err
}

func (r *readiness) close() {
	if r.epoll >= 0 {
		_ = unix.Close(r.epoll)
	}
}

func (r *readiness) add(fd, number int) error {
	if r.epoll < 0 {
		return nil
	}
	return unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(number)})
}

func (r *readiness) wait() ([]int, error) {
	if r.epoll < 0 {
		return r.which, nil
	}
	var n int
	err := retryInterrupted(func() (err error) {
		n, err = unix.EpollWait(r.epoll, r.events[:], int(patience.Milliseconds()))
		return err
	})
	if err == nil && n == 0 {
		err = fmt.Errorf("nothing came within %v", patience)
	}
	r.which = r.which[:0]
	for _, e := range r.events[:max(n, 0)] {
		r.which = append(r.which, int(e.Fd))
	}
	return r.which, err
}

// ticks is a descriptor that can be read every so often, and tells how many times it should have been by then.
func newTicks(every time.Duration) (int, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC)
	if err != nil {
		return -1, err
	}
	spec := unix.NsecToTimespec(int64(every))
	return fd, unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: spec, Value: spec}, nil)
}

func readTicks(fd int) (int, error) {
	var buf [8]byte
	_, err := read(fd, buf[:])
	return int(binary.NativeEndian.Uint64(buf[:])), err
}
