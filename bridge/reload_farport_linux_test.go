package bridge

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"meterline/bridge/modem"
	"meterline/vport"
)

const (
	movedBytes = 64 << 20 // what either side says at most
	movedTimes = 30
	movedPart  = 1 << 20
	movedLeast = 16 // bytes that no random text has twice
)

// A modem is moved from an address to a terminal server and back, again and again, while its program writes and reads as fast as
// it can: the port goes into packet mode and out of it. What each session brings is one piece of what was said, without a byte
// that was not; the program stays, and so does the session of a modem next to it.
func TestReloadMovesTheFarPort(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	fromProgram, fromFar := noise(movedBytes), noise(movedBytes)
	var said atomic.Int64
	talk := func(c *farConn, telnet bool) { // of the text each session has a part of its own
		part := fromFar[(said.Add(1)-1)*movedPart:][:movedPart]
		for at := 0; at < len(part) && c.say(telnet, part[at:at+512]) == nil; at += 512 {
		}
	}
	plain := newFarPort(ctx, t, &farPort{says: func(c *farConn) { talk(c, false) }})
	server := newFarPort(ctx, t, &farPort{telnet: true, says: func(c *farConn) { talk(c, true) }})
	beside := newFarPort(ctx, t, &farPort{telnet: true})
	dir := t.TempDir()
	cfg := Config{
		Modems: []modem.Config{
			{Name: "m", Dial: []string{plain.address()}, RetryMin: 10 * time.Millisecond},
			{Name: "n", Dial: []string{beside.address()}},
		},
		Ports: []PortConfig{
			{Name: "m", Own: true, Modem: "m", Spec: vport.Spec{Address: filepath.Join(dir, "m")}},
			{Name: "n", Own: true, Modem: "n", Spec: vport.Spec{Address: filepath.Join(dir, "n")}},
		},
	}
	ready := make(chan struct{})
	b := New(cfg, Options{Kinds: machinePorts, Ready: func() { close(ready) }})
	var running sync.WaitGroup
	running.Go(func() { _ = b.Run(ctx) })
	<-ready
	program, err := os.OpenFile(filepath.Join(dir, "m"), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	running.Go(func() {
		for buf := make([]byte, 4096); ; {
			n, err := program.Read(buf)
			if got = append(got, buf[:n]...); err != nil {
				return
			}
		}
	})
	running.Go(func() {
		for p := fromProgram; len(p) > 0; {
			n := min(64+rand.IntN(2000), len(p))
			if _, err := program.Write(p[:n]); err != nil {
				return
			}
			p = p[n:]
		}
	})
	for i := range movedTimes {
		pause(ctx, 50*time.Millisecond)
		cfg.Modems = slices.Clone(cfg.Modems)
		cfg.Modems[0].Dial = []string{[]string{server.address(), plain.address()}[i%2]}
		if _, err := b.Reload(cfg); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	running.Wait()
	program.Close()
	plain.serving.Wait()
	server.serving.Wait()
	sessions := slices.Concat(plain.all(), server.all())
	total := 0
	for i, c := range sessions {
		total += len(c.got)
		if n := piecesOf(t, fromProgram, c.got); n > 1 {
			t.Errorf("session %d has brought %d pieces of what the program wrote, want one", i, n)
		}
	}
	t.Logf("%d bytes in %d sessions, %d the other way", total, len(sessions), len(got))
	if n := piecesOf(t, fromFar, got); n > len(sessions) {
		t.Errorf("the program has read %d pieces of %d sessions", n, len(sessions))
	}
	if total < movedTimes*1000 || len(got) < movedTimes*1000 {
		t.Errorf("hardly anything has passed: %d and %d bytes", total, len(got))
	}
	if n := len(beside.all()); n != 1 {
		t.Errorf("the modem next to it has had %d sessions", n)
	}
}

func noise(n int) []byte {
	p := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n)}).Read(p) // never fails
	return p
}

// piecesOf tells of how many pieces of said, in order, got is made up.
func piecesOf(t *testing.T, said, got []byte) (n int) {
	t.Helper()
	for at := 0; at < len(got); n++ {
		i := bytes.Index(said, got[at:min(at+movedLeast, len(got))])
		if i < 0 {
			t.Errorf("at %d of %d stands %x, which nobody has said", at, len(got), got[at:min(at+movedLeast, len(got))])
			return n
		}
		same := 0
		for at+same < len(got) && i+same < len(said) && got[at+same] == said[i+same] {
			same++
		}
		at, said = at+same, said[i+same:]
	}
	return n
}
