package port

import (
	"testing"
	"time"
)

func TestWindow(t *testing.T) {
	ms := time.Millisecond
	now := time.Now()
	var w window
	if at := w.add([]byte("ab"), now); !at.IsZero() {
		t.Error("a whole piece waited")
	}
	if at := w.add([]byte("a"), now); at.Sub(now) != windowByte {
		t.Errorf("a single byte waits %v", at.Sub(now))
	}
	if at := w.add([]byte("bc"), now.Add(2*ms)); at.Sub(now) != 5*ms {
		t.Errorf("a further piece ends the window after %v", at.Sub(now))
	}
	if at := w.add([]byte("d"), now.Add(8*ms)); at.Sub(now) != windowMost {
		t.Errorf("the window lasts %v", at.Sub(now))
	}
	if string(w.data) != "abcd" {
		t.Errorf("it holds %q", w.data)
	}
}
