package simulated

import (
	"cmp"
	"strings"
	"time"
)

func (m *ATModem) makeNoise() {
	if len(m.Noise) > 0 {
		m.say([]byte("\r\n" + m.Noise[m.noise%len(m.Noise)] + "\r\n"))
		m.noise++
	}
}

// say copies p.
func (m *ATModem) say(p []byte) {
	if len(p) > 0 {
		m.out.Put(p, m.now)
	}
}

var atNumeric = map[string]string{
	"OK": "0", "CONNECT 9600": "12", "CONNECT": "1", "RING": "2", "NO CARRIER": "3", "ERROR": "4", "NO DIALTONE": "6",
	"BUSY": "7", "NO ANSWER": "8",
}

// result writes a result code behind the delay.
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

// inform writes information text.
func (m *ATModem) inform(text string) {
	m.out.Put([]byte("\r\n"+text+"\r\n"), m.now.Add(m.Delay))
}

func (m *ATModem) guard() time.Duration        { return cmp.Or(m.Guard, time.Second) }
func (m *ATModem) connectAfter() time.Duration { return cmp.Or(m.ConnectAfter, 2*time.Second) }

// name is a command without its value: "+CBST" of "+CBST=71,0,1".
func atName(command string) string {
	if i := strings.IndexAny(command, "=?"); i >= 0 {
		command = command[:i]
	}
	return command
}
