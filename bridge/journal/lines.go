package journal

import (
	"bytes"
	"context"
	"fmt"
	"io"
)

// Lines is a writer that never makes its caller wait: what is written goes to another one by way of a queue.
type Lines struct {
	*Queue
	to io.Writer
}

// NewLines makes a queue in front of to, to which Run's goroutine alone writes.
func NewLines(to io.Writer) *Lines {
	return &Lines{to: to, Queue: newQueue(func(_ context.Context, gap Gap) error {
		_, err := fmt.Fprintf(to, "meterline: %d lines were dropped here, nobody read them\n", gap.Dropped)
		return err
	})}
}

// Write queues p, or drops it where there is no room. It always answers for all of p.
func (l *Lines) Write(p []byte) (int, error) {
	own := bytes.Clone(p)
	l.put(len(own), func(context.Context) error {
		_, err := l.to.Write(own)
		return err
	})
	return len(p), nil
}
