package meters

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
)

// maxReadout bounds what is read from a meter that never ends its readout.
const maxReadout = 64 << 10

// Readout is what an IEC 62056-21 meter sends in its readout.
type Readout struct {
	Identification string            // with its slash, without CR LF
	Data           []byte            // between STX and ETX
	Values         map[string]string // by code as in the line, such as "1.8.0": the text in the brackets
}

// ReadIEC signs on with address (empty: any meter), acknowledges the speed that the meter offers, and reads it out in mode C.
// It checks the block check character; a stray byte before an answer is an error. Each answer must come within timeout.
func ReadIEC(w Wire, address string, timeout time.Duration) (*Readout, error) {
	r, err := readIEC(w, address, timeout)
	if err != nil {
		return nil, fmt.Errorf("read out IEC 62056-21 meter %q: %w", address, err)
	}
	return r, nil
}

func readIEC(w Wire, address string, timeout time.Duration) (*Readout, error) {
	line, err := ask(w, "/?"+address+"!\r\n", timeout, func(p []byte) bool { return bytes.HasSuffix(p, []byte("\r\n")) })
	if err != nil {
		return nil, err
	}
	if len(line) < len("/XXXZ\r\n") || line[0] != '/' {
		return nil, fmt.Errorf("%q is not an identification", line)
	}
	block, err := ask(w, "\x060"+string(line[4])+"0\r\n", timeout, func(p []byte) bool {
		return len(p) > 2 && p[len(p)-2] == etx
	})
	if err != nil {
		return nil, err
	}
	end := len(block) - 2
	if block[0] != stx {
		return nil, fmt.Errorf("readout begins %q, not with STX", block[:min(8, end)])
	}
	if BCC(block[1:end+1]) != block[end+1] {
		return nil, fmt.Errorf("readout %q has a wrong block check", block)
	}
	r := &Readout{strings.TrimSuffix(string(line), "\r\n"), block[1:end], make(map[string]string)}
	for line := range strings.Lines(string(r.Data)) {
		code, value, ok := splitDataSet(strings.TrimSuffix(line, "\r\n"))
		if ok {
			r.Values[code] = value
		}
	}
	return r, nil
}

// ask sends a message and reads byte by byte until complete returns true, so as not to take what follows.
func ask(w Wire, message string, timeout time.Duration, complete func([]byte) bool) ([]byte, error) {
	if err := w.SetDeadline(time.Now().Add(timeout)); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(w, message); err != nil {
		return nil, err
	}
	var answer []byte
	var one [1]byte
	for !complete(answer) {
		if len(answer) >= maxReadout {
			return nil, fmt.Errorf("answer is longer than %d bytes", maxReadout)
		}
		if _, err := io.ReadFull(w, one[:]); err != nil {
			return nil, fmt.Errorf("answer to %q so far %q: %w", message, answer, err)
		}
		answer = append(answer, one[0])
	}
	return answer, nil
}
