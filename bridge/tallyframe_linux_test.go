package bridge

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"sync"
)

// stamp is a frame's place: who said it, and which one of his it was. Who is the number of a session or of a program's visit;
// both grow.
type stamp struct{ who, n int }

func (m stamp) after(o stamp) bool { return m.who > o.who || m.who == o.who && m.n > o.n }

// frame is a line that tells where it belongs, and shows every change. answer is the stamp of what it answers, if anything.
func frame(modem string, m, answer stamp, random *rand.Rand) []byte {
	body := fmt.Sprintf("#%s:%d.%d:%d.%d:%s", modem, m.who, m.n, answer.who, answer.n, strings.Repeat("meter", random.IntN(40)))
	return fmt.Appendf(nil, "%s*%08x\n", body, crc32.ChecksumIEEE([]byte(body)))
}

func parseFrame(line []byte) (modem string, m, answer stamp, ok bool) {
	body, sum, _ := bytes.Cut(line, []byte("*"))
	if string(sum) != fmt.Sprintf("%08x", crc32.ChecksumIEEE(body)) {
		return "", m, answer, false
	}
	fields := strings.Split(string(body[1:]), ":")
	_, err := fmt.Sscanf(fields[1]+" "+fields[2], "%d.%d %d.%d", &m.who, &m.n, &answer.who, &answer.n)
	return fields[0], m, answer, err == nil
}

// ear hears frames at one end, and notes what must not be: frames of another modem, again, late, out of order, or with a hole
// before them. Only where somebody begins to speak may the line be cut into a frame.
type ear struct {
	modem string
	floor stamp // nothing up to here may come any more
	holes bool // the program before may have been taken for this one: what it left unread was flushed in the middle

	mu       sync.Mutex
	rest     []byte
	broken   bool // since the last frame
	last     stamp
	answered stamp // the highest stamp that has been answered
	faults   []string
}

// feed takes what came, and calls said with each frame.
func (e *ear) feed(p []byte, said func(m stamp)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rest = append(e.rest, p...)
	for {
		line, rest, ok := bytes.Cut(e.rest, []byte("\n"))
		if !ok {
			return
		}
		e.rest = rest
		begin := bytes.LastIndexByte(line, '#')
		if begin < 0 {
			e.broken = true
			continue
		}
		modem, m, answer, ok := parseFrame(line[begin:])
		if e.broken = e.broken || !ok || begin > 0; !ok {
			continue
		}
		e.judge(modem, m)
		e.last, e.broken = m, false
		if answer.after(e.answered) {
			e.answered = answer
		}
		said(m)
	}
}

func (e *ear) judge(modem string, m stamp) {
	switch {
	case modem != e.modem:
		e.fault("%v of modem %s", m, modem)
	case !m.after(e.floor):
		e.fault("%v, stale: nothing up to %v may come any more", m, e.floor)
	case !m.after(e.last):
		e.fault("%v behind %v", m, e.last)
	case m.who == e.last.who && (e.broken || m.n != e.last.n+1) && !e.holes:
		e.fault("%v behind %v, with a hole between (broken %v)", m, e.last, e.broken)
	}
}

func (e *ear) fault(format string, args ...any) {
	if len(e.faults) < 5 {
		e.faults = append(e.faults, fmt.Sprintf(format, args...))
	}
}

func (e *ear) heard() stamp {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.last
}

func (e *ear) answers(m stamp) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !m.after(e.answered)
}

func (e *ear) complaints() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.faults
}
