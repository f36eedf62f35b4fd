package main

import (
	"bytes"
	"context"
	"sync"

	"meterline/cmd/meterline/exit"
)

// transcript is what a command has printed so far.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *transcript) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *transcript) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// watch runs meterline watch until the test ends, and tells what it has printed.
func (s *site) watch(name string) func() string {
	ctx, cancel := context.WithCancel(s.Context())
	var out, faults transcript
	var verb sync.WaitGroup
	verb.Go(func() {
		if code := execute(ctx, []string{"watch", name, "--control", s.control}, &out, &faults); code != exit.Done {
			s.Errorf("watch %s: exit code %d: %s", name, code, faults.String())
		}
	})
	s.Cleanup(func() {
		cancel()
		verb.Wait()
	})
	return out.String
}
