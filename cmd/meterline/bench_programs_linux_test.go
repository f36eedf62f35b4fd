package main_test

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// programs are many programs in one thread.
type programs struct {
	load
	circuits []circuit
	begun    time.Time
	sent     []time.Duration // after begun, 0: no answer is awaited
	got      []int           // of each answer
	awaited  int
	next     int // whose turn it is, where all ask in turn
	took     []float64
}

// tickNumber is the clock's, among the circuits' numbers.
const tickNumber = -1

// run asks until the load's time is over and all answers are there.
func (p *programs) run() ([]float64, error) {
	ready, err := newReadiness(len(p.circuits))
	if err != nil {
		return nil, err
	}
	defer ready.close()
	for i, c := range p.circuits {
		if err := ready.add(c.near, i); err != nil {
			return nil, err
		}
	}
	clock := -1
	if p.every > 0 {
		if clock, err = newTicks(p.every); err != nil {
			return nil, fmt.Errorf("clock: %w", err)
		}
		defer func() { _ = unix.Close(clock) }()
		if err := ready.add(clock, tickNumber); err != nil {
			return nil, err
		}
	}
	p.begun = time.Now()
	if p.every == 0 {
		if err := p.ask(len(p.circuits)); err != nil {
			return nil, err
		}
	}
	for p.awaited > 0 || time.Since(p.begun) < p.lasts {
		which, err := ready.wait()
		if err != nil {
			return nil, fmt.Errorf("%d answers are missing: %w", p.awaited, err)
		}
		for _, i := range which {
			if err := p.serve(i, clock); err != nil {
				return nil, err
			}
		}
	}
	return p.took, nil
}

// serve reads what can be read.
func (p *programs) serve(i, clock int) error {
	if i != tickNumber {
		return p.hear(i)
	}
	n, err := readTicks(clock)
	if err != nil {
		return fmt.Errorf("clock: %w", err)
	}
	return p.ask(n)
}

// ask lets the next n programs send a request, but for those that still wait for an answer.
func (p *programs) ask(n int) error {
	if p.begun.Add(p.lasts).Before(time.Now()) && p.every > 0 {
		return nil
	}
	for range n {
		i := p.next
		p.next = (p.next + 1) % len(p.circuits)
		if p.sent[i] != 0 {
			continue
		}
		if err := p.send(i); err != nil {
			return err
		}
	}
	return nil
}

func (p *programs) send(i int) error {
	p.sent[i] = time.Since(p.begun)
	p.awaited++
	if err := write(p.circuits[i].near, request(0)); err != nil {
		return fmt.Errorf("request at port %d: %w", i, err)
	}
	return nil
}

// hear takes an answer, or a piece of one.
func (p *programs) hear(i int) error {
	var buf [answerSize]byte
	n, err := read(p.circuits[i].near, buf[p.got[i]:])
	if err != nil {
		return fmt.Errorf("answer at port %d: %w", i, err)
	}
	if p.got[i] += n; p.got[i] < answerSize {
		return nil
	}
	now := time.Since(p.begun)
	p.took = append(p.took, float64(now-p.sent[i])/1e3)
	p.sent[i], p.got[i] = 0, 0
	p.awaited--
	if p.every == 0 && now < p.lasts {
		return p.send(i)
	}
	return nil
}
