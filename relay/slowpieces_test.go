package relay

import (
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay/profile"
)

// Packets that a bad network cuts into small pieces with long pauses between them are whole at the end all the same.
func TestPacketsInSlowPieces(t *testing.T) {
	answer := strings.Repeat("0123456789", 12)
	packed := func(c profile.Codec) string {
		packet, n := c.(profile.Encoder).Encode(nil, []byte(answer))
		if n != len(answer) {
			t.Fatalf("%d bytes fit into a packet", n)
		}
		return string(packet)
	}
	ddp := func() profile.Codec { return codecBehind(t, profile.DDP, ddpHello) }
	mercury := func() profile.Codec { return codecBehind(t, profile.Mercury228, "") }
	irz := func() profile.Codec { return codecBehind(t, profile.IRZ, irzLine) }
	for name, c := range map[string]struct {
		codec  profile.Codec
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
