package meters

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// Wire is a serial port or a connection of a reading program. An *os.File of a serial port must have been opened without
// blocking (as os.OpenFile does where the system can poll it), or it has no deadlines.
type Wire interface {
	io.ReadWriter
	SetDeadline(t time.Time) error
}

// ReadModbus reads n registers from addr on, with function 3 or 4, and checks everything about the answer; a stray byte before
// it is an error. A refusal by the meter is a ModbusError. The whole answer must come within timeout.
func ReadModbus(w Wire, unit, function byte, addr, n uint16, timeout time.Duration) ([]uint16, error) {
	request := []byte{unit, function}
	request = binary.BigEndian.AppendUint16(request, addr)
	request = binary.BigEndian.AppendUint16(request, n)
	answer, err := AskModbus(w, request, timeout)
	if err != nil {
		return nil, fmt.Errorf("read %d registers at %d of unit %d: %w", n, addr, unit, err)
	}
	if len(answer) != 3+2*int(n) {
		return nil, fmt.Errorf("read %d registers at %d of unit %d: answer % x has the wrong length", n, addr, unit, answer)
	}
	values := make([]uint16, n)
	for i := range values {
		values[i] = binary.BigEndian.Uint16(answer[3+2*i:])
	}
	return values, nil
}

// WriteModbus writes one register with function 6.
func WriteModbus(w Wire, unit byte, addr, value uint16, timeout time.Duration) error {
	request := []byte{unit, 6}
	request = binary.BigEndian.AppendUint16(request, addr)
	request = binary.BigEndian.AppendUint16(request, value)
	answer, err := AskModbus(w, request, timeout)
	if err == nil && string(answer) != string(request) {
		err = fmt.Errorf("answer % x does not repeat the request", answer)
	}
	if err != nil {
		return fmt.Errorf("write register %d of unit %d: %w", addr, unit, err)
	}
	return nil
}

// AskModbus sends a request, given without its check sum, and returns the answer of the same unit and function, also without
// it. It knows where the answers to functions 1 to 6, 15, 16 and 17 end.
func AskModbus(w Wire, request []byte, timeout time.Duration) ([]byte, error) {
	if len(request) < 2 {
		return nil, errors.New("a request has at least unit and function")
	}
	if err := w.SetDeadline(time.Now().Add(timeout)); err != nil {
		return nil, err
	}
	if _, err := w.Write(AppendCRC16(append([]byte(nil), request...))); err != nil {
		return nil, err
	}
	answer := make([]byte, 5, modbusMax)
	if n, err := io.ReadFull(w, answer); err != nil {
		return nil, fmt.Errorf("answer so far % x: %w", answer[:n], err)
	}
	if answer[0] != request[0] || answer[1]&0x7F != request[1]&0x7F {
		return nil, fmt.Errorf("answer begins % x: not of unit %d, function %d", answer, request[0], request[1])
	}
	rest := 3
	switch {
	case answer[1]&0x80 != 0:
		rest = 0
	case answer[1] <= 4 || answer[1] == 17:
		rest = int(answer[2])
	}
	answer = append(answer, make([]byte, rest)...)
	if n, err := io.ReadFull(w, answer[5:]); err != nil {
		return nil, fmt.Errorf("answer so far % x: %w", answer[:5+n], err)
	}
	if CRC16(answer) != 0 {
		return nil, fmt.Errorf("answer % x has a wrong check sum", answer)
	}
	if answer[1]&0x80 != 0 {
		return nil, ModbusError(answer[2])
	}
	return answer[:len(answer)-2], nil
}
