package control

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"meterline/bridge/status"
	"meterline/cmd/meterline/control/controltest"
	"meterline/cmd/meterline/exit"
)

func TestWatchEndsWithTheWatcher(t *testing.T) {
	d := &fakeDaemon{status: controltest.Status(), tap: make(chan status.Traffic), watched: make(chan struct{})}
	c := serveFake(t, d)
	if err := c.Watch(t.Context(), "nobody", false, nil); exit.Code(err) != exit.Failed || !strings.Contains(err.Error(), `"nobody"`) {
		t.Errorf("an unknown name: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	lines := make(chan string)
	ended := make(chan error, 1)
	go func() {
		ended <- c.Watch(ctx, "boiler", true, func(line []byte) error { lines <- string(line); return nil })
	}()
	for i := range 3 {
		d.tap <- status.Traffic{At: controltest.Noon, Dir: status.ToModem, Data: []byte{byte(i)}}
		if line := <-lines; !strings.Contains(line, `"to-modem"`) {
			t.Errorf("line %q", line)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("interrupted: %v", err)
	}
	<-d.watched
	if !d.raw {
		t.Error("credentials were asked for, and are masked")
	}
}

func TestWatchEndsWithTheDaemon(t *testing.T) {
	d := &fakeDaemon{
		status: controltest.Status(), tap: make(chan status.Traffic), watched: make(chan struct{}), err: errors.New("the port is gone"),
	}
	c := serveFake(t, d)
	var out strings.Builder
	close(d.tap)
	err := c.Watch(t.Context(), "boiler", false, func(line []byte) error { out.Write(line); return nil })
	if exit.Code(err) != exit.Unreachable || !errors.Is(err, io.EOF) || !strings.Contains(out.String(), "the port is gone") {
		t.Errorf("%v, printed %q", err, out.String())
	}
}
