package relay

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile"
)

func TestSessionContract(t *testing.T) {
	contract := map[string]func(t *testing.T, s *Session, modem net.Conn){
		"the modem's close comes behind its last bytes":  contractEOF,
		"end wakes receive and write":                    contractEndWakes,
		"end inside receive's function":                  contractEndInside,
		"the first cause stays":                          contractFirstCause,
		"everything answers closed after the end":        contractAfterEnd,
		"the end reaches the modem":                      contractEndSeen,
		"a displaced session ends likewise":              contractDisplaced,
		"a deadline interrupts and nothing is lost":      contractDeadline,
		"a deadline interrupts a modem that never stops": contractDeadlineBusy,
		"a past deadline keeps the rest":                 contractRestKept,
		"a write deadline interrupts a write":            contractWriteDeadline,
		"trywrite never waits":                           contractTryWrite,
		"false stops and the next receive goes on":       contractStop,
		"bytes both ways in order and whole":             contractBulk,
	}
	for kind, pair := range pairs {
		for name, check := range contract {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				conn, modem := pair(t)
				// Writes of megabytes into the small default buffer wait for delayed acknowledgements of loopback's large segments.
				s := NewSession(conn, Link{SendBuffer: 64 << 10}, []byte("rest"), nil)
				t.Cleanup(func() { s.End(nil); _ = modem.Close() })
				check(t, s, modem)
			})
		}
	}
}

// Packets that a bad network cuts into small pieces with long pauses between them are whole at the end all the same.
func TestPacketsInSlowPieces(t *testing.T) {
	answer := strings.Repeat("0123456789", 12)
	packed := func(c codec.Codec) string {
		packet, n := c.(codec.Encoder).Encode(nil, []byte(answer))
		if n != len(answer) {
			t.Fatalf("%d bytes fit into a packet", n)
		}
		return string(packet)
	}
	ddp := func() codec.Codec { return codecBehind(t, profile.DDP, ddpHello) }
	mercury := func() codec.Codec { return codecBehind(t, profile.Mercury228, "") }
	irz := func() codec.Codec { return codecBehind(t, profile.IRZ, irzLine) }
	for name, c := range map[string]struct {
		codec  codec.Codec
		packet string
	}{
		"mercury228": {mercury(), packed(mercury())},
		"ddp inside": {ddp(), "{\x09\x00\x88" + ddpPhone + answer + "{"},
		"ddp apart":  {ddp(), "{\x09\x00\x10" + ddpPhone + "{" + answer},
		"ddp behind": {ddp(), "{\x09\x00\x88" + ddpPhone + "{" + answer},
		"irz":        {irz(), packed(irz())},
		"four-faith": {codecBehind(t, profile.FourFaith, fourFaithHello), answer},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				s := NewSession(ours, Link{}, nil, c.codec)
				var got []byte
				done := make(chan struct{})
				go func() {
					defer close(done)
					_ = s.Receive(func(p []byte) bool { got = append(got, p...); return true })
				}()
				for range 2 {
					for rest := c.packet; rest != ""; {
						n := min(3, len(rest))
						if _, err := theirs.Write([]byte(rest[:n])); err != nil {
							t.Fatal(err)
						}
						rest = rest[n:]
						time.Sleep(700 * time.Millisecond)
					}
				}
				time.Sleep(time.Minute)
				theirs.Close()
				<-done
				s.End(nil)
				if string(got) != answer+answer || s.Misframed() != 0 {
					t.Errorf("got %q, %d bytes dropped", got, s.Misframed())
				}
			})
		})
	}
}

func contractStop(t *testing.T, s *Session, modem net.Conn) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		for i := range 100 {
			_, _ = modem.Write([]byte{byte(i)})
		}
	})
	got := collect(t, s, 4)
	for len(got) < 104 {
		got = append(got, collect(t, s, 1)...)
	}
	for i, c := range got[4:] {
		if int(c) != i {
			t.Fatalf("byte %d is %d", i, c)
		}
	}
}

func contractBulk(t *testing.T, s *Session, modem net.Conn) {
	up, down := noise(1<<20), noise(1<<20)
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = modem.Write(up) })
	wg.Go(func() {
		if n, err := s.Write(down); n != len(down) || err != nil {
			t.Errorf("wrote %d: %v", n, err)
		}
	})
	wg.Go(func() {
		got := make([]byte, len(down))
		if _, err := io.ReadFull(modem, got); err != nil || !bytes.Equal(got, down) {
			t.Errorf("the modem got something else (%v)", err)
		}
	})
	if got := collect(t, s, 4+len(up)); !bytes.Equal(got[4:], up) {
		t.Error("something else came from the modem")
	}
	wg.Wait()
}
