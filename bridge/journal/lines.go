package journal

import (
	"bytes"
	"context"
	"fmt"
	"io"
)

// Lines is a writer that never waits: what is written to it goes to another writer through a queue.
type Lines struct {
	*Queue
	to io.Writer
}

// NewLines returns a queue in front of to, to which only Run's goroutine writes.
func NewLines(to io.Writer) *Lines {
	return &Lines{to: to, Queue: newQueue(func(_ context.Context, gap Gap) error {
		_, err := fmt.Fprintf(to, "meterline: %d lines were dropped here, nobody read them\n", gap.Dropped)
		return err
	})}
}

// Write queues a copy of p, or drops it if the queue is full. It always returns len(p).
func (l *Lines) Write(p []byte) (int, error) {
	own := bytes.Clone(p)
	l.put(len(own), func(context.Context) error {
		_, err := l.to.Write(own)
		return err
	})
	return len(p), nil
}
