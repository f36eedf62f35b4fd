package dialer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"meterline/cmd/meterline/render"
)

// modemPort is a serial port with a modem behind it, and the conversation with that.
type modemPort struct {
	wire interface {
		io.ReadWriter
		SetReadDeadline(t time.Time) error
		SetWriteDeadline(t time.Time) error
	}
	trace io.Writer // for the conversation with the modem
	out   io.Writer // for what the meter sends

	stopped atomic.Bool // interrupted
	last    time.Time   // when the latest bytes came
	ended   bool        // NO CARRIER has ended the call
}

// okWait is how long a modem may take for an OK.
const okWait = 3 * time.Second

// answerMost is how many bytes the answer to a command may have. No modem sends so much, and all of it is shown.
const answerMost = 16 << 10

// errFlood is the error for a longer answer.
var errFlood = errors.New("it sends without end: is this the port of a modem?")

// escapeGuard is the silence before and after an escape. S12 asks for at most one second under all presets.
const escapeGuard = 1200 * time.Millisecond

// noCarrier is what the modem sends among the meter's bytes when the call ends.
const noCarrier = "\r\nNO CARRIER\r\n"

// errInterrupted is returned by reads and writes after interrupt.
var errInterrupted = errors.New("interrupted")

// interrupt ends all reads and writes, present and future.
func (p *modemPort) interrupt() {
	p.stopped.Store(true)
	_ = p.wire.SetReadDeadline(time.Unix(1, 0)) // fails on a closed port only
	_ = p.wire.SetWriteDeadline(time.Unix(1, 0))
}

func (p *modemPort) say(text string) error {
	p.note("→ " + text)
	return p.write([]byte(text + "\r"))
}

func (p *modemPort) write(b []byte) error {
	if err := p.wire.SetWriteDeadline(time.Now().Add(okWait)); err != nil {
		return err
	}
	if p.stopped.Load() { // our deadline may have replaced that of interrupt
		return errInterrupted
	}
	_, err := p.wire.Write(b)
	return err
}

// note writes a line of the conversation, with the time.
func (p *modemPort) note(text string) {
	fmt.Fprintf(p.trace, "%s %s\n", time.Now().Format("15:04:05.000"), render.Printable(text))
}

// read waits up to d for bytes. If none come it returns 0 and no error.
func (p *modemPort) read(b []byte, d time.Duration) (int, error) {
	if err := p.wire.SetReadDeadline(time.Now().Add(d)); err != nil {
		return 0, err
	}
	if p.stopped.Load() {
		return 0, errInterrupted
	}
	n, err := p.wire.Read(b)
	if n > 0 {
		p.last = time.Now()
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, nil
	case errors.Is(err, io.EOF):
		return n, errors.New("the port was taken away: has the daemon stopped?")
	}
	return n, err
}

// finals are the result codes that end the answer to a command.
var finals = []string{"OK", "ERROR", "NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE", "NO DIAL TONE"}

func isFinal(line string) bool {
	return slices.Contains(finals, line) || strings.HasPrefix(line, "CONNECT") || strings.HasPrefix(line, "+CME ERROR")
}

// answer reads and shows what the modem sends up to a result code, which it returns; empty if none comes within d. It reads nothing after
// the result.
func (p *modemPort) answer(command string, d time.Duration) (lines []string, result string, err error) {
	var line []byte
	var one [1]byte
	end := time.Now().Add(d)
	for range answerMost {
		n, err := p.read(one[:], time.Until(end))
		if n == 0 || err != nil {
			return lines, "", err
		}
		if one[0] != '\n' && len(line) < 1024 {
			line = append(line, one[0])
			continue
		}
		text := strings.TrimSpace(string(line))
		line = line[:0]
		if text == "" || text == command {
			continue // an echo
		}
		p.note("← " + text)
		if isFinal(text) {
			return lines, text, nil
		}
		lines = append(lines, text)
	}
	return nil, "", errFlood
}

// command sends a command, and returns an error unless the answer is OK.
func (p *modemPort) command(text string) error {
	if err := p.say(text); err != nil {
		return err
	}
	_, result, err := p.answer(text, okWait)
	switch {
	case err != nil:
		return err
	case result == "":
		return fmt.Errorf("the modem does not answer %s: is this the port of a modem?", text)
	case result != "OK":
		return fmt.Errorf("%s: %s", text, result)
	}
	return nil
}

// prepare resets the modem. If an earlier program has left a call, it ends that.
func (p *modemPort) prepare() error {
	if p.command("ATZ") != nil {
		if err := p.escape(); err != nil {
			return err
		}
		if err := p.command("ATZ"); err != nil {
			return err
		}
	}
	return p.command("ATE0V1")
}

// escape changes from data mode to command mode. If there is no call, nothing answers.
func (p *modemPort) escape() error {
	if _, err := p.collect(escapeGuard, escapeGuard); err != nil {
		return err
	}
	p.note("→ +++")
	if err := p.write([]byte("+++")); err != nil {
		return err
	}
	_, result, err := p.answer("+++", okWait)
	if err == nil && result == "" {
		err = p.write([]byte("\r")) // ends the line, so that the plus signs are not taken for a part of the next command
	}
	return err
}

// collect reads until nothing has come for the time of first or, after the first bytes, of pause.
func (p *modemPort) collect(first, pause time.Duration) ([]byte, error) {
	var all []byte
	buf := make([]byte, 4096)
	for wait := first; len(all) < 1<<20; wait = pause {
		n, err := p.read(buf, wait)
		all = append(all, buf[:n]...)
		if n == 0 || err != nil {
			return all, err
		}
	}
	return all, nil
}

// ask sends a request, and returns the answer.
func (p *modemPort) ask(request []byte, first, pause time.Duration) ([]byte, error) {
	early, err := p.collect(50*time.Millisecond, 50*time.Millisecond)
	if err != nil {
		return nil, err
	}
	if len(early) > 0 {
		p.note(fmt.Sprintf("-- %d bytes came before the request", len(early)))
	}
	if err := p.write(request); err != nil {
		return nil, err
	}
	answer, err := p.collect(first, pause)
	answer, p.ended = bytes.CutSuffix(answer, []byte(noCarrier))
	return answer, err
}

// hangUp ends the call, unless it has ended already.
func (p *modemPort) hangUp() error {
	if p.ended {
		p.note("-- the call has ended: NO CARRIER")
		return nil
	}
	if err := p.escape(); err != nil {
		return err
	}
	if err := p.command("ATH"); err != nil {
		return fmt.Errorf("hang up: %w; closing the port does it, too", err)
	}
	p.note("-- hung up")
	return nil
}
