package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"meterline/bridge/status"
	"meterline/cmd/meterline/exit"
	"meterline/relay/simulated"
	"meterline/relay/simulated/netem"
)

// Three families of programs at once, each at a port of its own, reading two kinds of meters.
func TestDiallingPrograms(t *testing.T) {
	t.Parallel()
	s := simulatedSite(t, "", strings.Replace(phones, "count = 2", "count = 4", 1))
	var programs sync.WaitGroup
	for i, line := range []string{
		"--program energyict --number modbus-rtu",
		"--program gurux --number iec62056-21 --meter-protocol iec62056-21 --calls 2",
		"--program russian --number 356938035643802 --meter-protocol modbus-rtu --hang-up close --calls 2", // an echo is no meter
		"--program russian --number 4711",
	} {
		programs.Go(func() {
			args := append([]string{"sim", "--dial", s.path(fmt.Sprintf("ports/modem%d", i+1))}, strings.Fields(line)...)
			var out transcript
			code := execute(t.Context(), args, &out, &out)
			text := out.String()
			read := strings.Count(text, "connected after") + strings.Count(text, "hung up")
			switch want := map[int]int{0: 2, 1: 4}[i]; {
			case i < 2 && (code != exit.Done || read != want):
				t.Errorf("%s: code %d\n%s", line, code, text)
			case i == 2 && (code != exit.Failed || !strings.Contains(text, "2 of 2 calls failed") || !strings.Contains(text, "answer")):
				t.Errorf("%s: code %d\n%s", line, code, text)
			case i == 3 && (code != exit.Failed || !strings.Contains(text, "call 1: failed: ATD4711: NO CARRIER\n")):
				t.Errorf("%s: code %d\n%s", line, code, text)
			}
		})
	}
	programs.Wait()
}

// crowd is many modems that echo, and who is calling which.
type crowd struct {
	*site
	mu    sync.Mutex
	calls []map[int]bool // by modem: the ports that dial it, or have it
}

const crowdSize = 50

func newCrowd(t *testing.T) *crowd {
	var config strings.Builder
	config.WriteString("[exchange.gprs]\nlisten = \"HOST:7001\"\nprofile = \"imei\"\n")
	for i := range crowdSize {
		fmt.Fprintf(&config, "[modem.m%d]\nexchange = \"gprs\"\nid = \"%s\"\nnumber = [\"+7918000%04d\", \"1%02d\"]\n", i, crowdID(i), i, i)
	}
	c := &crowd{site: startSite(t, config.String()+strings.Replace(phones, "count = 2", "count = 4", 1)), calls: make([]map[int]bool, crowdSize)}
	for i := range crowdSize {
		c.calls[i] = make(map[int]bool)
		c.play(&simulated.Modem{
			Name: crowdID(i), Call: c.host + ":7001", Register: []byte(crowdID(i) + "\r\n"),
			Faults: netem.Faults{DelayMax: 3 * time.Millisecond, Fragment: 300, Gap: time.Millisecond},
		})
	}
	c.eventually("all modems are on line", func() bool {
		return !slices.ContainsFunc(c.status().Modems, func(m status.Modem) bool { return m.State != "up" })
	})
	return c
}

func crowdID(i int) string { return fmt.Sprintf("8612345678900%02d", i) }

// Four ports dial 50 modems at random, and every byte is compared. METERLINE_LONG=1 makes it 100 calls.
func TestDialPool(t *testing.T) {
	t.Parallel()
	calls := 24
	if os.Getenv("METERLINE_LONG") != "" {
		calls = 100
	}
	c := newCrowd(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var ports sync.WaitGroup
	for port := range 4 {
		ports.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(port)))
			for range calls / 4 {
				c.dial(port, r)
			}
		})
	}
	ports.Wait()
}

// dial is one call from a port, whom and how it ends at random. Half of them go to five modems, so that some are BUSY.
func (c *crowd) dial(port int, r *rand.Rand) {
	name, i := fmt.Sprintf("ports/modem%d", port+1), r.IntN(crowdSize)
	if r.IntN(2) == 0 {
		i %= 5
	}
	p := c.telephone(name)
	number := fmt.Sprintf([]string{"+7918000%04d", "8918000%04d", "918000%04d", "1%02d", "m%d"}[r.IntN(5)], i)
	before := c.begin(port, i)
	p.say("ATD" + number + "\r\n")
	if answer := string(p.take(len("\r\nBUSY\r\n"))); answer == "\r\nBUSY\r\n" {
		if !before && !c.contested(port, i) {
			c.Errorf("%s is BUSY, and nobody has it", number)
		}
		p.close()
		c.over(port, i, name)
		return
	}
	p.hear("T 9600\r\n")
	for end := time.Now().Add(time.Duration(r.IntN(800)) * time.Millisecond); ; {
		data := randomBytes(r.Uint64(), 4+r.IntN(4000)) // three bytes could be an escape
		copy(data[r.IntN(len(data)):], "+++")
		p.say(string(data))
		if got := p.take(len(data)); string(got) != string(data) {
			c.Errorf("of %d bytes to %s others came back", len(data), number)
		}
		if time.Now().After(end) {
			break
		}
	}
	if r.IntN(2) == 0 {
		p.escape()
		p.answers("ATH", "OK")
	}
	p.close()
	c.over(port, i, name)
}

// begin notes that a port dials a modem, and reports whether another one may have it.
func (c *crowd) begin(port, i int) (contested bool) {
	contested = c.contested(port, i)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[i][port] = true
	return contested
}

// contested reports whether another port dials the modem, or has it.
func (c *crowd) contested(port, i int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for other := range c.calls[i] {
		if other != port {
			return true
		}
	}
	return false
}

// over waits until the call has ended on the daemon's side, too.
func (c *crowd) over(port, i int, name string) {
	c.eventually("the call is over", func() bool {
		return !c.port(name).Open && c.modem(fmt.Sprintf("m%d", i)).Lease != c.path(name)
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.calls[i], port)
}
