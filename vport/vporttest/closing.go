package vporttest

import "time"

func closeWakesReceive(b *bench) {
	b.read() // wants os.ErrClosed
	b.open()
	if err := b.port.Close(); err != nil {
		b.Error(err)
	}
	b.done("Receive", b.reading.Wait)
	b.wantClosed("Receive", b.port.Receive(func([]byte) bool { return true }))
	_, err := b.port.Write([]byte("x"))
	b.wantClosed("Write", err)
	b.wantClosed("SetReadDeadline", b.port.SetReadDeadline(time.Time{}))
	b.wantClosed("SetWriteDeadline", b.port.SetWriteDeadline(time.Time{}))
}

func closeWakesWrite(b *bench) {
	b.read()
	b.open()
	b.fill()
	if err := b.port.SetWriteDeadline(time.Time{}); err != nil {
		b.Fatal(err)
	}
	b.reading.Go(func() {
		_, err := b.port.Write(make([]byte, 64<<10))
		b.wantClosed("Write", err)
	})
	if err := b.port.Close(); err != nil {
		b.Error(err)
	}
	b.done("Write", b.reading.Wait)
}

func closeHangsUp(b *bench) {
	b.read()
	g := b.open()
	for range 3 {
		if err := b.port.Close(); err != nil {
			b.Error(err)
		}
	}
	b.done("the program's read", func() {
		if n, err := g.Read(make([]byte, 1)); err == nil {
			b.Errorf("the program reads %d bytes from a closed port", n)
		}
	})
	if b.port.Present() {
		b.Error("somebody has a closed port open")
	}
}

func closeInReceive(b *bench) {
	b.reading.Go(func() {
		b.wantClosed("Receive", b.port.Receive(func([]byte) bool {
			if err := b.port.Close(); err != nil {
				b.Error(err)
			}
			return true
		}))
	})
	b.send(b.open(), "x")
	b.done("Receive", b.reading.Wait)
}

func closeInPresence(b *bench) {
	b.inPresence(func(bool) {
		if err := b.port.Close(); err != nil {
			b.Error(err)
		}
	})
	b.read()
	b.open()
	b.done("Receive", b.reading.Wait)
}
