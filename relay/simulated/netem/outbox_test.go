package netem

import (
	"testing"
	"time"
)

// Silence is kept before a piece and behind it, however long it has been due.
func TestOutboxKeepsSilences(t *testing.T) {
	var o Outbox
	start := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	o.Put([]byte("a"), start)
	o.SetApart(0, time.Second, 2*time.Second)
	o.Put([]byte("b"), start)
	o.Sent = start
	if o.Take(start) != nil || !o.Next().Equal(start.Add(time.Second)) {
		t.Errorf("the first is due at %v", o.Next())
	}
	if p := o.Take(start.Add(time.Second)); string(p) != "a" {
		t.Errorf("it takes %q", p)
	}
	o.Sent = start.Add(time.Second)
	if o.Take(start.Add(2*time.Second)) != nil || !o.Hushed(start.Add(2*time.Second)) || !o.Next().Equal(start.Add(3*time.Second)) {
		t.Errorf("the second is due at %v", o.Next())
	}
}
