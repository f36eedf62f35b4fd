package vporttest

import (
	"errors"
	"strings"
	"time"

	"meterline/vport"
)

// catchUp catches up with what programs have written. It returns false if this kind of port cannot.
func (b *bench) catchUp(f func([]byte) bool) bool {
	port, ok := b.port.(vport.CatchUpper)
	if !ok {
		return false
	}
	for end := time.Now().Add(patience); !port.CatchUp(f); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.Fatal("it never catches up")
		}
	}
	return true
}

func catchUpAlone(b *bench) {
	g := b.program()
	if !b.catchUp(func([]byte) bool { return true }) {
		b.Skip("this kind cannot be read beside Receive")
	}
	const want = "written, and nobody is scheduled to read it"
	b.send(g, want)
	var got strings.Builder
	for end := time.Now().Add(patience); got.Len() < len(want) && time.Now().Before(end); {
		b.catchUp(func(p []byte) bool {
			got.Write(p)
			return true
		})
	}
	if got.String() != want {
		b.Errorf("%q, want %q", &got, want)
	}
	await(b, b.news, true)
	b.read()
	b.send(g, "and now it is")
	b.awaitBytes("and now it is")
	b.leave(g)
	await(b, b.news, false)
}

func catchUpBeside(b *bench) {
	b.read()
	g := b.open()
	all := make([]byte, 256<<10)
	for i := range all {
		all[i] = byte(i + i>>8)
	}
	b.reading.Go(func() { b.send(g, string(all)) })
	taken := func(p []byte) bool {
		for _, c := range p {
			b.bytes <- c
		}
		return true
	}
	for len(b.bytes) < len(all) && b.catchUp(taken) {
	}
	b.awaitBytes(string(all))
	b.leave(g)
	await(b, b.news, false)
}

func writeUnread(b *bench) {
	port, ok := b.port.(vport.UnreadWriter)
	if !ok {
		b.Skip("this kind cannot tell at the moment of a write what the program has written")
	}
	yes, no, told := func() bool { return true }, func() bool { return false }, 0
	written := func() { told++ }
	g := b.program()
	b.catchUp(func([]byte) bool { return true })
	await(b, b.news, true)
	if n, err := port.WriteUnread([]byte("answer"), no, written); n != 0 || !errors.Is(err, vport.ErrUnread) {
		b.Errorf("not fresh: %d, %v", n, err)
	}
	b.send(g, "asked anew")
	if n, err := port.WriteUnread([]byte("answer"), yes, written); n != 0 || !errors.Is(err, vport.ErrUnread) || told != 0 {
		b.Errorf("unread: %d, %v, told %d times", n, err, told)
	}
	b.catchUp(func([]byte) bool { return true })
	if n, err := port.WriteUnread([]byte("answer"), yes, written); n != len("answer") || err != nil || told != 1 {
		b.Errorf("read: %d, %v, told %d times", n, err, told)
	}
	b.expect(g, "answer")
	b.leave(g)
	b.read()
	await(b, b.news, false)
}
