package vporttest

import (
	"bytes"
	"errors"
	"os"
	"sync"
	"time"

	"meterline/vport"
)

func nobody(b *bench) {
	b.read()
	if n, err := b.port.Write([]byte("x")); n != 0 || !errors.Is(err, vport.ErrNobody) {
		b.Errorf("write: %d, %v, want ErrNobody", n, err)
	}
	if b.port.Present() {
		b.Error("somebody is there before anybody came")
	}
	g := b.open()
	if !b.port.Present() {
		b.Error("nobody is there after an open")
	}
	b.send(b.port, "x")
	b.leave(g)
	await(b, b.news, false)
	if n, err := b.port.Write([]byte("x")); n != 0 || !errors.Is(err, vport.ErrNobody) {
		b.Errorf("write after the last close: %d, %v, want ErrNobody", n, err)
	}
}

func nothingStale(b *bench) {
	b.read()
	for range 50 {
		g := b.open()
		b.send(b.port, "for the first")
		b.leave(g)
		await(b, b.news, false)
		_, _ = b.port.Write([]byte("for nobody")) // ErrNobody, as tested elsewhere
		g = b.open()
		b.send(b.port, "for the second")
		b.expect(g, "for the second")
		b.leave(g)
		await(b, b.news, false)
	}
}

func writeEndsWithProgram(b *bench) {
	b.read()
	g := b.open()
	b.fill()
	if err := b.port.SetWriteDeadline(time.Time{}); err != nil {
		b.Fatal(err)
	}
	var writing sync.WaitGroup
	writing.Go(func() {
		if _, err := b.port.Write(make([]byte, 64<<10)); !errors.Is(err, vport.ErrNobody) {
			b.Errorf("write: %v, want ErrNobody", err)
		}
	})
	b.leave(g)
	b.done("the write", writing.Wait)
	await(b, b.news, false)
	g = b.open()
	b.send(b.port, "fresh")
	b.expect(g, "fresh")
}

func backPressure(b *bench) {
	b.read()
	g := b.open()
	taken := b.fill()
	b.expect(g, string(taken))
	if err := b.port.SetWriteDeadline(time.Time{}); err != nil {
		b.Fatal(err)
	}
	b.send(b.port, "behind")
	b.expect(g, "behind")
}

func readDeadline(b *bench) {
	never := func([]byte) bool {
		b.Error("bytes from nowhere")
		return true
	}
	for _, in := range []time.Duration{-time.Hour, 0, 10 * time.Millisecond} {
		if err := b.port.SetReadDeadline(time.Now().Add(in)); err != nil {
			b.Fatal(err)
		}
		b.done("Receive", func() {
			if err := b.port.Receive(never); !errors.Is(err, os.ErrDeadlineExceeded) {
				b.Errorf("deadline in %v: %v, want os.ErrDeadlineExceeded", in, err)
			}
		})
	}
	if err := b.port.SetReadDeadline(time.Time{}); err != nil {
		b.Fatal(err)
	}
	b.read()
	g := b.open()
	b.send(g, "taken back")
	b.awaitBytes("taken back")
}

func bothWays(b *bench) {
	all := make([]byte, 256<<10)
	for i := range all {
		all[i] = byte(i + i>>8)
	}
	b.read()
	g := b.open()
	b.reading.Go(func() { b.send(b.port, string(all)) })
	b.reading.Go(func() { b.send(g, string(all)) })
	b.expect(g, string(all))
	b.awaitBytes(string(all))
}

func firstRequest(b *bench) {
	b.read()
	for range 200 {
		g := b.program()
		b.send(g, "/?!\r\n")
		b.awaitBytes("/?!\r\n")
		await(b, b.news, true)
		b.leave(g)
		await(b, b.news, false)
	}
}

func receiveGoesOn(b *bench) {
	g := b.program()
	b.send(g, "one")
	var got []byte
	for len(got) < len("one") {
		b.done("Receive", func() {
			if err := b.port.Receive(func(p []byte) bool {
				got = append(got, p...)
				return false
			}); err != nil {
				b.Error(err)
			}
		})
	}
	b.send(g, "two")
	b.leave(g)
	b.read()
	b.awaitBytes("two")
	await(b, b.news, true)
	await(b, b.news, false)
}

func presenceFollows(b *bench) {
	b.read()
	var seen bytes.Buffer
	for range 100 {
		g := b.open()
		b.send(g, "last words")
		b.leave(g)
		await(b, b.news, false)
		for len(b.bytes) > 0 {
			seen.WriteByte(<-b.bytes)
		}
		if seen.String() != "last words" {
			b.Fatalf("%q was handed over when the program's leaving was told, want all", &seen)
		}
		seen.Reset()
	}
}

func slowFunction(b *bench) {
	got := make(chan string)
	b.reading.Go(func() {
		b.wantClosed("Receive", b.port.Receive(func(p []byte) bool {
			got <- string(p)
			return true
		}))
	})
	next := func(want string) {
		b.Helper()
		for have := ""; have != want; {
			select {
			case s := <-got:
				have += s
			case <-time.After(patience):
				b.Fatalf("%q, want %q", have, want)
			}
		}
	}
	first := b.open()
	b.send(first, "1")
	b.leave(first)
	if len(b.news) > 0 {
		b.Error("a program's leaving was told before its bytes were taken")
	}
	next("1")
	await(b, b.news, false)
	second := b.program()
	b.send(second, "2")
	next("2")
	await(b, b.news, true)
}

func overlap(b *bench) {
	b.read()
	first := b.open()
	second := b.program()
	b.leave(first)
	b.send(second, "still here")
	b.awaitBytes("still here")
	b.send(b.port, "good")
	b.expect(second, "good")
	if len(b.news) > 0 {
		b.Errorf("presence %v told while one of two programs is there", <-b.news)
	}
	b.leave(second)
	await(b, b.news, false)
}

func second(b *bench) {
	b.read()
	first := b.open()
	other := b.program()
	b.done("the second program's reads", func() {
		for buf := make([]byte, 256); ; {
			if _, err := other.Read(buf); err != nil {
				return
			}
		}
	})
	b.send(first, "still here")
	b.awaitBytes("still here")
	b.send(b.port, "good")
	b.expect(first, "good")
	if len(b.news) > 0 {
		b.Errorf("presence %v told of a program that was refused", <-b.news)
	}
	b.leave(first)
	await(b, b.news, false)
	b.leave(b.open())
	await(b, b.news, false)
}

func writeInPresence(b *bench) {
	b.inPresence(func(open bool) {
		if n, err := b.port.Write([]byte("hello")); open && (n != 5 || err != nil) {
			b.Errorf("write: %d, %v", n, err)
		}
	})
	b.read()
	g := b.program()
	b.expect(g, "hello")
	await(b, b.news, true)
}
