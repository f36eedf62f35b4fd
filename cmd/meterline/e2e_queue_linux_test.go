package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"meterline/bridge/status"
	"meterline/relay/simulated"
	"meterline/relay/simulated/meters"
)

// queuers are a site's modems that share one plugged-in modem, and what that did.
type queuers struct {
	*site
	stick *simulated.ATStick
	done  []string // calls placed and ended, in order; the stick's
}

// queueSize is how many they are, each with a meter of its own unit. A program's request counts for a minute, which on a busy machine is
// short for more of them. METERLINE_LONG=1 makes it 20.
var queueSize = func() int {
	if os.Getenv("METERLINE_LONG") != "" {
		return 20
	}
	return 10
}()

func memberName(i int) string   { return fmt.Sprintf("m%02d", i) }
func memberNumber(i int) string { return fmt.Sprintf("+791800000%02d", i) }
func memberID(i int) string     { return fmt.Sprintf("3569380356430%02d", i) }

// queueing are the modems of a site whose daemon runs. One modem more stays on line: else the exchange would be taken to be out.
func queueing(t *testing.T) *queuers {
	var config strings.Builder
	config.WriteString("[exchange.gprs]\nlisten = \"HOST:7001\"\nprofile = \"imei\"\noutage = 100\n" + gsm1)
	fmt.Fprintf(&config, "[modem.spare]\nexchange = \"gprs\"\nid = %q\n", siteID)
	numbers := make(map[string]simulated.Subscriber)
	for i := range queueSize {
		fmt.Fprintf(&config, `[modem.%s]
exchange = "gprs"
id = %q
number = %q
fallback = "gsm1"
fallback_after = "1s"
port = "ports/%[1]s"
`, memberName(i), memberID(i), memberNumber(i))
		numbers[memberNumber(i)] = simulated.Subscriber{Meter: meters.NewModbus(byte(i + 1))}
	}
	q := &queuers{site: newSite(t, config.String())}
	modem := &simulated.ATModem{Guard: 20 * time.Millisecond, OnDial: func(number string) { q.done = append(q.done, "call "+number) }}
	q.stick = q.newStick(modem, simulated.Subscriber{})
	modem.Numbers = numbers
	q.background(q.stick.Run)
	q.run()
	q.plugged("ready")
	q.online("spare", siteID)
	return q
}

// ends is the end of a member's call: every fifth by its far end, the others by an operator, so that this end hangs up.
func (q *queuers) ends(i int) {
	q.Helper()
	far := i%5 == 0
	q.stick.Do(func(m *simulated.ATModem, now time.Time) {
		q.done = append(q.done, "end "+memberNumber(i))
		if far {
			m.FarHangUp(now)
		}
	})
	if !far {
		q.must("kick", memberName(i))
	}
}

// Many modems have no session and want one plugged-in modem: each is read, one after the other, those first at whose ports a
// program waits, and else in the order of their coming.
func TestQueueAtOnePluggedInModem(t *testing.T) {
	t.Parallel()
	q := queueing(t)
	programs := q.loseAll()
	var waiting, left []int
	for _, name := range q.status().USB[0].Waiting {
		i, err := strconv.Atoi(name[1:])
		if err != nil {
			t.Fatal(err)
		}
		if programs[i] != nil {
			waiting = append(waiting, i)
		} else {
			left = append(left, i)
		}
	}
	var want []string
	for _, i := range slices.Concat([]int{0}, waiting, left) {
		q.called(i)
		if programs[i] == nil {
			programs[i] = q.open("ports/" + memberName(i))
		}
		q.reads(programs[i], byte(i+1))
		q.ends(i)
		want = append(want, "call "+memberNumber(i), "end "+memberNumber(i))
	}
	q.plugged("ready")
	q.stick.Do(func(m *simulated.ATModem, _ time.Time) {
		if !slices.Equal(q.done, want) || m.Counts.DataCalls != queueSize || m.Counts.VoiceCalls+m.Counts.Messages != 0 {
			t.Errorf("done: %q,\nwant  %q; %+v", q.done, want, m.Counts)
		}
	})
}

// loseAll has programs want something of all modems, every second program leave, and all sessions end: the first modem is called
// then, and the others wait. The programs that have left are nil.
func (q *queuers) loseAll() []*party {
	programs, modems := make([]*party, queueSize), make([]*party, queueSize)
	for i := range queueSize {
		modems[i] = q.online(memberName(i), memberID(i))
		programs[i] = q.open("ports/" + memberName(i))
		talk(programs[i], modems[i])
		if i%2 != 0 {
			programs[i].close()
			programs[i] = nil
		}
	}
	q.eventually("half of the programs have left", func() bool {
		atWork := func(p status.Port) bool { return p.Open || p.State != "joined" && p.State != "idle" }
		return len(slices.DeleteFunc(q.status().Ports, func(p status.Port) bool { return !atWork(p) })) == queueSize/2
	})
	modems[0].reset()
	q.called(0)
	for _, m := range modems[1:] {
		m.reset()
	}
	q.eventually("the others wait", func() bool { return len(q.status().USB[0].Waiting) == queueSize-1 })
	return programs
}

// called waits until a member is reached by telephone.
func (q *queuers) called(i int) {
	q.Helper()
	q.eventually(memberName(i)+" is called", func() bool { return q.modem(memberName(i)).Telephone == "gsm1" })
}
