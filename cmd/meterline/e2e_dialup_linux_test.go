package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"meterline/bridge/status"
	"meterline/cmd/meterline/exit"
)

// dialledModem is oneModem with a number, and two dial-up ports.
const dialledModem = oneModem + `
number = ["+7 918 000-11-22", "12"]
` + phones

// phones are two dial-up ports that lose no time.
const phones = `
[port.phones]
dialup = true
path = "ports/modem%d"
count = 2
country = "7"
trunk = "8"
connect_delay = "300ms"
escape_guard = "60ms"
`

// answers says a command line to the emulated modem, which does not echo, and expects its answer.
func (p *party) answers(line, result string) {
	p.Helper()
	p.say(line + "\r")
	p.hear("\r\n" + result + "\r\n")
}

// telephone opens a dial-up port, and turns the echo off; settings stay, as a modem's do, so that it may be off.
func (s *site) telephone(name string) *party {
	s.Helper()
	p := s.openSeen(name)
	p.say("ATE0\r")
	if string(p.take(2)) == "AT" {
		p.hear("E0\r\r\n")
	}
	p.hear("OK\r\n")
	return p
}

// escape goes from the call to commands.
func (p *party) escape() {
	p.Helper()
	time.Sleep(200 * time.Millisecond) // silence is part of it
	p.say("+++")
	p.hear("\r\nOK\r\n")
}

// lease waits until a modem's lease is at a port, "" for none.
func (s *site) lease(name string) {
	s.Helper()
	if name != "" {
		name = s.path(name)
	}
	s.eventually("boiler is leased to "+name, func() bool { return s.modem("boiler").Lease == name })
}

// Every way in which a call may end, and the session behind it lives on for the next one.
func TestDialHangUps(t *testing.T) {
	t.Parallel()
	s := startSite(t, dialledModem)
	modem, p := s.online("boiler", siteID), s.telephone("ports/modem1")
	for _, number := range []string{"89180001122", "+79180001122", "12", "boiler"} {
		p.answers("ATD"+number, "CONNECT 9600")
		talk(p, modem)
		s.lease("ports/modem1")
		if st := s.port("ports/modem1"); st.State != "joined" || !strings.Contains(st.Telephone, number) {
			t.Errorf("%s, %s", st.State, st.Telephone)
		}
		p.escape()
		p.answers("ATH", "OK")
		s.lease("")
	}

	p.answers("ATD12", "CONNECT 9600")
	talk(p, modem)
	p.say("the tail")
	p.close() // HUPCL is set
	modem.hear("the tail")
	s.lease("")
	s.has("boiler", modem)

	p = s.telephone("ports/modem1")
	p.answers("ATD12", "CONNECT 9600")
	s.program("stty", "-F", s.path("ports/modem1"), "-hupcl")
	talk(p, modem)
	p.close()
	s.eventually("the program's leaving is noticed", func() bool { return !s.port("ports/modem1").Open })
	s.lease("ports/modem1")
	p = s.openSeen("ports/modem1")
	talk(p, modem)

	modem.close()
	p.hear("\r\nNO CARRIER\r\n")
	s.lease("")
	p.say("ATD12\r")
	s.eventually("it waits for the modem", func() bool { return s.port("ports/modem1").State == "waiting" })
	modem = s.online("boiler", siteID)
	p.hear("\r\nCONNECT 9600\r\n")
	talk(p, modem)
	p.close()
	s.lease("")
	s.has("boiler", modem)
}

// One lease for all kinds of ports: who comes second is BUSY, or dropped and counted.
func TestDialBusy(t *testing.T) {
	t.Parallel()
	s := startSite(t, dialledModem)
	own, modem := s.openSeen("ports/boiler"), s.online("boiler", siteID)
	p, q := s.telephone("ports/modem1"), s.telephone("ports/modem2")
	talk(own, modem)
	p.answers("ATD12", "BUSY")
	p.say("AT+CEER\r")
	p.hear("\r\n+CEER: ")
	own.close()
	s.lease("")
	p = s.another(p, "ports/modem1")

	p.answers("ATD12", "CONNECT 9600")
	q.answers("ATD12", "BUSY")
	own = s.openSeen("ports/boiler")
	own.say("too late")
	s.eventually("the leased port's bytes are dropped", func() bool {
		return s.port("ports/boiler").Dropped["another port has the modem"] == int64(len("too late"))
	})
	talk(p, modem)
	p.close()
	s.lease("")
	q = s.another(q, "ports/modem2")
	q.answers("ATD12", "CONNECT 9600")
	talk(q, modem)
	q.escape()
	q.answers("ATH", "OK")
	s.lease("")
	talk(own, modem)

	q.answers("ATD4711", "NO CARRIER") // nobody
}

// another is a new program at a port that p leaves, with whatever it has not read.
func (s *site) another(p *party, name string) *party {
	s.Helper()
	p.close()
	s.eventually("the program's leaving is noticed", func() bool { return !s.port(name).Open })
	return s.telephone(name)
}

// A session that the modem begins rings at a port that has somebody to hear it, with its number.
func TestDialRing(t *testing.T) {
	t.Parallel()
	s := startSite(t, strings.Replace(dialledModem, "number =", "ring = \"phones\"\nnumber =", 1))
	p := s.telephone("ports/modem2")
	p.answers("AT+CLIP=1", "OK")
	const ring = "\r\nRING\r\n\r\n+CLIP: \"+79180001122\",145\r\n"
	modem := s.call(siteID)
	p.hear(ring)
	p.answers("ATA", "CONNECT 9600")
	talk(p, modem)
	modem.close()
	p.hear("\r\nNO CARRIER\r\n")

	modem = s.online("boiler", siteID)
	p.hear(ring)
	p.answers("ATH", "OK") // refused
	s.lease("")
	p.answers("ATD12", "CONNECT 9600") // the session has stayed
	talk(p, modem)
	modem.close()
	p.hear("\r\nNO CARRIER\r\n")

	p.answers("ATS0=1", "OK")
	modem = s.call(siteID)
	p.hear(ring + "\r\nCONNECT 9600\r\n")
	talk(p, modem)
	p.escape()
	p.answers("ATH", "OK")
	s.lease("")
	s.has("boiler", modem)
}

// The operator's own trials, with the meters that are simulated.
func TestDialVerb(t *testing.T) {
	t.Parallel()
	for name, trial := range map[string]func(*site){
		"a Modbus meter": (*site).dialModbus, "an IEC meter": (*site).dialIEC, "nobody answers": (*site).dialNobody,
		"calls remembered": (*site).dialRemembered, "ports that are taken": (*site).dialTaken, "by hand": (*site).dialByHand,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trial(simulatedSite(t, "", phones))
		})
	}
}

// dials runs a dial verb, which has to end with code and say all of want.
func (s *site) dials(code int, line string, want ...string) {
	s.Helper()
	got, out := s.meterline(append([]string{"dial"}, strings.Fields(line)...)...)
	if got != code {
		s.Errorf("meterline dial %s: code %d, want %d:\n%s", line, got, code, out)
	}
	for _, w := range want {
		if !strings.Contains(out, w) {
			s.Errorf("meterline dial %s: no %q in\n%s", line, w, out)
		}
	}
}

func (s *site) dialModbus() {
	s.dials(exit.Done, "phones modbus-rtu --modbus 1:0:2 --pause 200ms",
		"→ ATDmodbus-rtu", "← CONNECT 9600", "unit 1 answers: 2301 2297, after", "→ +++", "← OK", "→ ATH", "hung up")
	s.dials(exit.Failed, "phones modbus-rtu --modbus 9:0:2 --answer 300ms", "the call stands, but nothing came back within 300ms", "hung up")
}

func (s *site) dialIEC() {
	s.dials(exit.Done, s.path("ports/modem1")+" 356938035643801 --iec --pause 200ms", "the meter answers: MTL5METERLINE-SIM")
}

func (s *site) dialNobody() {
	s.dials(exit.Failed, "phones 99", "NO CARRIER: nobody has the number", "meterline status")
	s.dials(exit.Failed, "nobody 12", `no port is called "nobody"`, `"phones"`)
	s.dials(exit.Failed, "echo 12", "is leased to modem echo")
	s.dials(exit.Failed, s.path("ports/no")+" 12", "no port ")
	s.dials(exit.Failed, "/dev/null 12", "it is no serial port")
}

// dialRemembered looks at the calls that a port has had, also one to a number that nobody has.
func (s *site) dialRemembered() {
	s.dialIEC()
	s.dials(exit.Failed, s.path("ports/modem1")+" 99", "NO CARRIER: nobody has the number")
	for _, want := range []string{"T99: NO CARRIER after 0s: nobody has the number T99", "356938035643801 (iec62056-21): CONNECT 9600 after ", ": ATH\n"} {
		if out := s.must("show", s.path("ports/modem1")); !strings.Contains(out, want) {
			s.Errorf("show has no call %q:\n%s", want, out)
		}
	}
	calls := s.port("ports/modem1").Calls
	if i := slices.IndexFunc(calls, func(c status.Call) bool { return c.Number == "T99" }); i < 0 || calls[i].Modem != "" || calls[i].Result != "NO CARRIER" {
		s.Errorf("status has no call to 99: %+v", calls)
	}
}

func (s *site) dialTaken() {
	first, ask := s.path("ports/modem1"), " echo --hex 4142 --pause 200ms"
	taker := s.openSeen("ports/modem1")
	s.dials(exit.Done, "phones"+ask, "port "+s.path("ports/modem2"), "2 bytes came back")
	s.openSeen("ports/modem2")
	s.dials(exit.Failed, "phones"+ask, "none of 2 ports is free")
	s.dials(exit.Failed, first+ask, "is busy")
	taker.close()
	s.eventually("the first is free", func() bool { return !s.port("ports/modem1").Open })
	s.dials(exit.Done, first+ask, "2 bytes came back")
}

func (s *site) dialByHand() {
	first := s.path("ports/modem1")
	// Standard input is no terminal here.
	command := exec.Command("sh", "-c", `printf 'to be given back' | "$0" dial "$1" echo --for 2s --control "$2"`, "meterline", first, s.control)
	out, err := command.Output()
	if err != nil || string(out) != "to be given back" {
		s.Errorf("%q, %v", out, err)
	}

	person := s.terminal("meterline", "dial", first, "echo", "--control", s.control)
	person.shows("Ctrl-] hangs up")
	person.types("typed \x03 and given back\r")
	person.shows("typed \x03 and given back\r")
	person.types("\x1d")
	person.shows("hung up")
	person.leaves()
}
