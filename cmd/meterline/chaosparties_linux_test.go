package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// chaosPatience is how long a program waits for an answer. Those of the chaos come within milliseconds, or not at all.
const chaosPatience = 200 * time.Millisecond

// meter calls in, answers what it is asked, and calls in again, until ctx ends.
func (c *portChaos) meter(ctx context.Context, i int) {
	for ctx.Err() == nil {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", c.host+":7001")
		if err == nil {
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			if _, err := fmt.Fprintf(conn, "%s\r\n", c.id(i)); err == nil {
				c.answer(conn, i)
			}
			stop()
			_ = conn.Close() // the session is over
		}
		chaosPause(ctx, 20*time.Millisecond)
	}
}

func (c *portChaos) answer(conn net.Conn, i int) {
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) != 3 || words[0] != "q" {
			continue // the rest of a request that was cut
		}
		if words[1] != c.names[i] {
			c.misled("the meter of %s was asked what %s was asked: %q", c.names[i], words[1], lines.Text())
		}
		if _, err := fmt.Fprintf(conn, "a %s %s\n", c.names[i], words[2]); err != nil {
			return
		}
	}
}

// program opens its port by the link, asks a few times and closes it, in a tight loop.
func (c *portChaos) program(ctx context.Context, i int) {
	for ctx.Err() == nil {
		if !c.visit(c.link(i), i, 3) {
			chaosPause(ctx, 200*time.Microsecond)
		}
	}
}

// stubborn is a program that has resolved its link once (jSerialComm does), and opens what it led to.
func (c *portChaos) stubborn(ctx context.Context, i int, random *rand.Rand) {
	for ctx.Err() == nil {
		device, err := filepath.EvalSymlinks(c.link(i))
		if err != nil {
			chaosPause(ctx, time.Millisecond)
			continue
		}
		life, cancel := context.WithTimeout(ctx, time.Duration(1+random.IntN(10))*time.Second)
		for life.Err() == nil {
			c.visit(device, i, 1)
			chaosPause(life, 5*time.Millisecond)
		}
		cancel()
	}
}

// visit opens a port, asks times times, and reports whether the last answer was the right one.
func (c *portChaos) visit(path string, i, times int) bool {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	c.opens.Add(1)
	for range times {
		nonce := strconv.FormatInt(c.asked.Add(1), 10)
		if _, err := fmt.Fprintf(f, "q %s %s\n", c.names[i], nonce); err != nil || !c.hears(f, i, nonce) {
			return false
		}
	}
	return true
}

// hears reads until the answer comes, and looks at all that comes before it.
func (c *portChaos) hears(f *os.File, i int, nonce string) bool {
	if f.SetReadDeadline(time.Now().Add(chaosPatience)) != nil {
		return false
	}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) != 3 || words[0] != "a" {
			continue // the rest of an answer that was cut
		}
		if words[1] != c.names[i] {
			c.misled("%s was given the answer of %s: %q", c.names[i], words[1], lines.Text())
		}
		if words[2] == nonce {
			c.right.Add(1)
			return words[1] == c.names[i]
		}
	}
	return false
}

// neighbour is whoever else uses pseudo-terminals on the machine: logins come and go, and take what numbers are free.
func (c *portChaos) neighbour(ctx context.Context, random *rand.Rand) {
	var held []*os.File
	for ctx.Err() == nil {
		if master, slave, err := pty.Open(); err == nil {
			_ = slave.Close() // nobody logs in
			held = append(held, master)
		}
		for len(held) > random.IntN(6) {
			at := random.IntN(len(held))
			_ = held[at].Close() // the login is over
			held = append(held[:at], held[at+1:]...)
		}
		chaosPause(ctx, time.Duration(random.IntN(20))*time.Millisecond)
	}
	for _, master := range held {
		_ = master.Close()
	}
}

func chaosPause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
