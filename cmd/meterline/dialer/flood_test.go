package dialer

import (
	"bytes"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A port that sends without end, with lines or without, is given up soon, and does not fill the operator's terminal.
func TestDialFlood(t *testing.T) {
	for _, text := range []string{"garbage\r\n", "garbage"} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			var trace bytes.Buffer
			done := make(chan struct{})
			go func() {
				defer close(done)
				for flood := []byte(strings.Repeat(text, 500)); ; {
					if _, err := far.Write(flood); err != nil {
						return
					}
				}
			}()
			go func() { // it hears nothing of what it is told
				for buf := make([]byte, 100); ; {
					if _, err := far.Read(buf); err != nil {
						return
					}
				}
			}()
			begin := time.Now()
			err := (&modemPort{wire: near, trace: &trace}).prepare()
			near.Close()
			<-done
			if !errors.Is(err, errFlood) {
				t.Errorf("%q without end: %v, want %v", text, err, errFlood)
			}
			if took := time.Since(begin); took > 20*time.Second || trace.Len() > 256<<10 {
				t.Errorf("%q without end: %v, and %d bytes of trace", text, took, trace.Len())
			}
		})
	}
}
