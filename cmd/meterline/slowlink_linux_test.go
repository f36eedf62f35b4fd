package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"meterline/relay/simulated"
	"meterline/relay/simulated/meters"
	"meterline/relay/simulated/netem"
)

// slowLink is a cellular link at its worst: seconds of delay, and pauses above half a second inside of answers.
var slowLink = netem.Faults{Delay: 300 * time.Millisecond, DelayMax: 3 * time.Second, Fragment: 7, Gap: 700 * time.Millisecond}

// slowSite has n modems of each kind behind slow links, with more in each modem's table: Modbus meters at ports/modbus0 and on,
// IEC meters at ports/iec0 and on.
func slowSite(t *testing.T, n int, link netem.Faults, modbus, iec string) *site {
	t.Helper()
	var config strings.Builder
	config.WriteString("[exchange.gprs]\nlisten = \"HOST:7001\"\nprofile = \"imei\"\n")
	id := func(i int) string { return fmt.Sprintf("35693803564%04d", i) }
	for i := range n {
		fmt.Fprintf(&config, "[modem.modbus%d]\nexchange = \"gprs\"\nid = %q\nport = \"ports/modbus%[1]d\"\n%[3]s\n", i, id(i), modbus)
		fmt.Fprintf(&config, "[modem.iec%d]\nexchange = \"gprs\"\nid = %q\nport = \"ports/iec%[1]d\"\n%[3]s\n", i, id(n+i), iec)
	}
	s := startSite(t, config.String())
	for i := range 2 * n {
		meter := meters.Meter(meters.NewModbus(1))
		if i >= n {
			patient := meters.NewIEC("")
			patient.AckWait = 30 * time.Second // it suffers the link's delay, too
			meter = patient
		}
		s.play(&simulated.Modem{ // it registers without a line end, which over such a link comes too late to belong to it
			Name: id(i), Call: net.JoinHostPort(s.host, "7001"), Register: []byte(id(i)), Meter: meter, Faults: link,
		})
	}
	s.eventually("all modems are on line", func() bool {
		up := 0
		for _, m := range s.status().Modems {
			if m.State == "up" {
				up++
			}
		}
		return up == 2*n
	})
	return s
}

// everyPort lets f read at each port of a site, all at once, and counts those that could not.
func everyPort(n int, f func(port string) error) (failed int, last error) {
	errs := make(chan error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs <- f(strconv.Itoa(i)) })
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			failed, last = failed+1, err
		}
	}
	return failed, last
}

// Over a slow link a program with ordinary time-outs reads nothing, and everything once it is given answers whole.
// METERLINE_LONG=1 makes it 20 ports of each kind, 25 reads, and the link slower.
func TestSlowLink(t *testing.T) {
	mbpoll := tool(t, "mbpoll", "mbpoll")
	t.Parallel()
	ports, reads, link := 4, 2, slowLink
	link.DelayMax, link.Fragment = link.DelayMax/2, 12
	if os.Getenv("METERLINE_LONG") != "" {
		ports, reads, link = 20, 25, slowLink
	}
	for name, c := range map[string]struct {
		modbus, iec string
		reads       int
		fails       bool
	}{
		"as it comes": {"", "", 2, true},
		"whole": {
			"protocol = \"modbus-rtu\"\nhold = \"30s\"\nanswer_max = \"60s\"",
			"protocol = \"iec62056-21\"\nhold = \"30s\"\nanswer_max = \"60s\"", reads, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := slowSite(t, ports, link, c.modbus, c.iec)
			check := func(kind string, failed int, last error) {
				if c.fails && failed == 0 || !c.fails && failed > 0 {
					t.Errorf("%s: %d of %d ports failed, the last with: %v", kind, failed, ports, last)
				}
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				failed, last := everyPort(ports, func(i string) error { return s.pollSlowly(mbpoll, "ports/modbus"+i, c.reads) })
				check("mbpoll", failed, last)
			})
			wg.Go(func() {
				failed, last := everyPort(ports, func(i string) error { return s.readSlowly("ports/iec"+i, c.reads) })
				check("IEC reader", failed, last)
			})
			wg.Wait()
		})
	}
}

// pollSlowly lets mbpoll read a Modbus meter several times, with the longest time-out that it knows.
func (s *site) pollSlowly(mbpoll, port string, reads int) error {
	for range reads {
		out, err := exec.Command(mbpoll, "-m", "rtu", "-a", "1", "-b", "9600", "-P", "none", "-0", "-1", "-o", "10", "-t", "4", "-r", "0", "-c", "4",
			s.path(port)).CombinedOutput()
		if got := strings.Join(registers(string(out)), " "); err != nil || got != "0=2301 1=2297 2=2312 3=512" {
			return fmt.Errorf("%s: %w, registers %q\n%s", port, err, got, out)
		}
	}
	return nil
}

// iecReader is a reading program that waits long for an answer, and suffers no pause above 200 ms inside of one.
type iecReader struct{ *os.File }

func (r iecReader) ask(request string, whole func([]byte) bool) ([]byte, error) {
	if _, err := r.WriteString(request); err != nil {
		return nil, err
	}
	var got []byte
	buf := make([]byte, 256)
	for wait := 30 * time.Second; !whole(got); wait = 200 * time.Millisecond {
		if err := r.SetReadDeadline(time.Now().Add(wait)); err != nil {
			return nil, err
		}
		n, err := r.Read(buf)
		if got = append(got, buf[:n]...); err != nil {
			return got, fmt.Errorf("answer to %q so far %q: %w", request, got, err)
		}
	}
	return got, nil
}

// readSlowly signs on, and reads one register several times in programming mode.
func (s *site) readSlowly(port string, reads int) error {
	f, err := os.OpenFile(s.path(port), os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	r := iecReader{f}
	line := func(p []byte) bool { return bytes.HasSuffix(p, []byte("\r\n")) }
	block := func(p []byte) bool { return len(p) > 2 && p[len(p)-2] == 3 }
	if _, err := r.ask("/?!\r\n", line); err != nil {
		return err
	}
	if _, err := r.ask("\x06051\r\n", block); err != nil {
		return err
	}
	command := []byte("R1\x02C.1.0()\x03")
	command = append([]byte("\x01"), append(command, meters.BCC(command))...)
	for range reads {
		p, err := r.ask(string(command), block)
		if err != nil {
			return err
		}
		if meters.BCC(p[1:]) != 0 || !bytes.Contains(p, []byte("C.1.0(METERLINE-SIM)")) {
			return errors.New(port + ": wrong answer " + string(p))
		}
	}
	return nil
}
