package simulated

import (
	"cmp"
	"strings"
	"time"

	"meterline/relay/simulated/meters"
	"meterline/relay/simulated/netem"
)

// ATModem is a simulated GSM or telephone modem with its command line, without I/O. Its numbers lead to simulated meters;
// nobody is ever called. The fields say how it behaves; they may be changed between two calls of its methods. It is not safe
// for concurrent use: see ATStick.
type ATModem struct {
	Numbers map[string]Subscriber // who has which number; other numbers do not exist

	OnlyStores bool // an incoming text message is stored and reported, not handed over

	Telephone bool          // no SIM and no network: +C… is unknown
	Delay     time.Duration // before each answer
	Silent    bool          // it takes everything and says nothing
	NoEcho    bool          // it starts with E0
	Numeric   bool          // it starts with V0
	Quiet     bool          // it starts with Q1
	IgnoreDTR bool          // dropping DTR does nothing, as with &D0 or a cable without DTR
	Deaf      bool          // it does not recognise the escape
	NoCarrier bool          // it never shows DCD; see AlwaysDCD
	AlwaysDCD bool          // it always shows DCD

	NoSIM        bool
	PIN          string            // the SIM wants it; three wrong ones lock the SIM
	SIMBusy      int               // so many questions for the SIM are answered with "SIM busy"
	Registration int               // of 27.007, 7.2; 0 means 1, registered; -1 means 0, not registered
	Searches     int               // so many questions for the registration are answered with "searching"
	Signal       int               // of 27.007, 8.5; 0 means 20; -1 means 0
	Refuse       map[string]string // commands such as "+CBST" or "Z", and what to answer instead of OK; "-": nothing at all

	Noise      []string // unsolicited lines: one before each answer, and one every NoiseEvery
	NoiseEvery time.Duration

	ConnectAfter time.Duration // from dialling to CONNECT or another result, 0 means 2 s
	Guard        time.Duration // S12, 0 means 1 s

	OnSMS  func(number, text string)               // the network has accepted a message
	OnRing func(number string, rang time.Duration) // a voice call has ended
	OnDial func(number string)                     // a data call is being placed

	atState
}

// Subscriber is a telephone that has a number.
type Subscriber struct {
	Meter  meters.Meter  // nil: an echo
	Result string        // of a data call: "" means CONNECT 9600, "-" none at all; BUSY, NO CARRIER, NO ANSWER, or any other
	Voice  string        // result of a voice call that the other side ends, such as BUSY; "": it rings
	After  time.Duration // when it does; 0 means at once
	First  []byte        // sent directly after CONNECT
	Reply  *ATReply      // its answer to a text message, nil if there is none
}

// ATCounts counts what a modem has done.
type ATCounts struct {
	DataCalls, VoiceCalls, Messages int // data calls and voice calls placed, messages sent
	WrongPINs                       int
	Escapes, Hangups                int // times it went from data to commands; calls ended from this side
}

type atPhase int

const (
	atCommand atPhase = iota
	atDialling
	atData
	atEscaped // the call is up, and commands are taken
	atVoice
	atText // in the text of a short message
)

// atState is the part of an ATModem that changes.
type atState struct {
	Counts ATCounts

	begun       bool
	phase       atPhase
	since       time.Time
	now         time.Time
	out         netem.Outbox
	line        []byte
	echo        bool
	verbose     bool
	results     bool
	dtr         int  // &D
	dcdFollows  bool // &C1
	textMode    bool
	cmee        int
	opened      bool // the PIN was right
	number      string
	subscriber  Subscriber
	meter       meters.Meter
	resultAt    time.Time // of dialling
	lastData    time.Time
	pluses      int
	escapeAt    time.Time
	noiseAt     time.Time
	noise       int
	reference   int
	smsNumber   string
	pinFailures int
	inbox       atInbox
}

// Feed takes what the computer wrote.
func (m *ATModem) Feed(p []byte, now time.Time) {
	m.at(now)
	for _, c := range p {
		m.input(c)
	}
	if m.phase == atData {
		m.lastData = now
	}
}

// Take returns what the modem has to say by now, nil if nothing.
func (m *ATModem) Take(now time.Time) []byte {
	m.at(now)
	var p []byte
	for q := m.out.Take(now); q != nil; q = m.out.Take(now) {
		p = append(p, q...)
	}
	if m.Silent {
		return nil
	}
	return p
}

// Due returns when Take has something to say, or something else is to happen; zero if nothing is.
func (m *ATModem) Due() time.Time {
	next := earliest(m.out.Next(), m.resultAt, m.escapeAt, m.noiseAt, m.nextComing())
	if t, ok := m.meter.(meters.Timed); ok && m.phase == atData {
		next = earliest(next, t.Due())
	}
	return next
}

// Carrier returns DCD.
func (m *ATModem) Carrier() bool {
	m.begin()
	if m.AlwaysDCD || !m.dcdFollows && !m.NoCarrier {
		return true
	}
	return !m.NoCarrier && (m.phase == atData || m.phase == atEscaped)
}

// SetDTR sets the computer's "data terminal ready".
func (m *ATModem) SetDTR(on bool, now time.Time) {
	m.at(now)
	if on || m.IgnoreDTR || m.dtr == 0 {
		return
	}
	if m.phase != atCommand {
		m.hangUp()
		m.result("NO CARRIER")
	}
}

// EnterData puts the modem into a data call, as a killed program leaves it.
func (m *ATModem) EnterData(number string, now time.Time) {
	m.at(now)
	m.number, m.subscriber = number, m.Numbers[number]
	m.connect()
}

// Say makes the modem say something unasked; it may be any bytes.
func (m *ATModem) Say(text string, now time.Time) {
	m.at(now)
	m.out.Put([]byte(text), now)
}

// InCall reports whether a data call is up.
func (m *ATModem) InCall() bool { return m.phase == atData || m.phase == atEscaped }

// begin switches the modem on.
func (m *ATModem) begin() {
	if m.begun {
		return
	}
	m.begun = true
	m.reset()
	m.echo, m.verbose, m.results = !m.NoEcho, !m.Numeric, !m.Quiet
}

func (m *ATModem) reset() {
	m.echo, m.verbose, m.results = true, true, true
	m.dtr, m.dcdFollows, m.textMode, m.cmee = 2, true, false, 0
	m.inbox.mode, m.inbox.details = 0, false
}

func (m *ATModem) at(now time.Time) {
	m.begin()
	m.now = now
	if m.NoiseEvery > 0 && m.noiseAt.IsZero() {
		m.noiseAt = now.Add(m.NoiseEvery)
	}
	if due(m.noiseAt, now) {
		m.noiseAt = now.Add(m.NoiseEvery)
		if m.phase == atCommand || m.phase == atDialling || m.phase == atVoice {
			m.makeNoise()
		}
	}
	m.deliver()
	if due(m.resultAt, now) {
		m.resultAt = time.Time{}
		m.dialled()
	}
	if due(m.escapeAt, now) {
		m.escapeAt, m.pluses = time.Time{}, 0
		m.Counts.Escapes++
		m.enter(atEscaped)
		m.result("OK")
	}
	if t, ok := m.meter.(meters.Timed); ok && m.phase == atData && due(t.Due(), now) {
		m.print(m.meter.Feed(nil, now))
	}
}

func (m *ATModem) enter(p atPhase) {
	m.phase, m.since, m.line = p, m.now, m.line[:0]
	m.resultAt, m.escapeAt, m.pluses = time.Time{}, time.Time{}, 0
}

func (m *ATModem) makeNoise() {
	if len(m.Noise) > 0 {
		m.print([]byte("\r\n" + m.Noise[m.noise%len(m.Noise)] + "\r\n"))
		m.noise++
	}
}

// print sends p, which is copied.
func (m *ATModem) print(p []byte) {
	if len(p) > 0 {
		m.out.Put(p, m.now)
	}
}

var atNumeric = map[string]string{
	"OK": "0", "CONNECT 9600": "12", "CONNECT": "1", "RING": "2", "NO CARRIER": "3", "ERROR": "4", "NO DIALTONE": "6",
	"BUSY": "7", "NO ANSWER": "8",
}

// result sends a result code after the delay.
func (m *ATModem) result(text string) {
	if !m.results || text == "-" {
		return
	}
	line := "\r\n" + text + "\r\n"
	if n := atNumeric[text]; n != "" && !m.verbose {
		line = n + "\r"
	}
	m.out.Put([]byte(line), m.now.Add(m.Delay))
}

// notify sends information text.
func (m *ATModem) notify(text string) {
	m.out.Put([]byte("\r\n"+text+"\r\n"), m.now.Add(m.Delay))
}

func (m *ATModem) guard() time.Duration        { return cmp.Or(m.Guard, time.Second) }
func (m *ATModem) connectAfter() time.Duration { return cmp.Or(m.ConnectAfter, 2*time.Second) }

// atName returns a command without its value: "+CBST" of "+CBST=71,0,1".
func atName(command string) string {
	if i := strings.IndexAny(command, "=?"); i >= 0 {
		command = command[:i]
	}
	return command
}
