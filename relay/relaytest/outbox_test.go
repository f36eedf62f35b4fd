package relaytest

import (
	"testing"
	"time"
)

// Silence is kept before a piece and behind it, however long it has been due.
func TestOutboxKeepsSilences(t *testing.T) {
	var o outbox
	start := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	o.put([]byte("a"), start)
	o.setApart(0, time.Second, 2*time.Second)
	o.put([]byte("b"), start)
	o.sent = start
	if o.take(start) != nil || !o.next().Equal(start.Add(time.Second)) {
		t.Errorf("the first is due at %v", o.next())
	}
	if p := o.take(start.Add(time.Second)); string(p) != "a" {
		t.Errorf("it takes %q", p)
	}
	o.sent = start.Add(time.Second)
	if o.take(start.Add(2*time.Second)) != nil || !o.hushed(start.Add(2*time.Second)) || !o.next().Equal(start.Add(3*time.Second)) {
		t.Errorf("the second is due at %v", o.next())
	}
}
