package relay

import (
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Packets that a bad network cuts into small pieces with long pauses between them are whole at the end all the same.
func TestPacketsInSlowPieces(t *testing.T) {
	answer := strings.Repeat("0123456789", 12)
	for name, c := range map[string]struct {
		codec  Codec
		packet string
	}{
		"mercury228": {&mercury228{}, string(appendMercury228(nil, 1, mercurySerial, []byte(answer)))},
		"ddp inside": {&ddp{id: phone}, string(appendDDP(nil, ddpUser, phone, ddpInside, []byte(answer)))},
		"ddp apart":  {&ddp{id: phone}, string(appendDDP(nil, ddpUser, phone, ddpApart, []byte(answer)))},
		"ddp behind": {&ddp{id: phone}, string(appendDDP(nil, ddpUser, phone, ddpBehind, []byte(answer)))},
		"irz":        {&irzFrames{}, string(appendIRZ(nil, irzData, []byte(answer)))},
		"four-faith": {&fourFaithCodec{}, answer},
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
