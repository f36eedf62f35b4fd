package com0com

import (
	"bytes"
	"encoding/binary"
)

// Codes of DeviceIoControl (ntddser.h; CTL_CODE of FILE_DEVICE_SERIAL_PORT, METHOD_BUFFERED, FILE_ANY_ACCESS).
const (
	CodeInsert          = 0x1B<<16 | 31<<2 // IOCTL_SERIAL_LSRMST_INSERT
	CodeGetModemControl = 0x1B<<16 | 37<<2 // IOCTL_SERIAL_GET_MODEM_CONTROL
	CodeSetModemControl = 0x1B<<16 | 38<<2 // IOCTL_SERIAL_SET_MODEM_CONTROL
)

// signature is how com0com recognises its own extensions (cncext.h, C0CE_SIGNATURE).
var signature = []byte("c0c\x00")

// Options of the insertion, and what to do when it is switched on (cncext.h, C0CE_INSERT_…).
const (
	optLSR      = 0x00000001
	optStatus   = 0x00000002
	optSpeed    = 0x00000100
	optFraming  = 0x00000200
	optBreak    = 0x00000400
	optGet      = 0x01000000 // return the present values
	optClear    = 0x02000000 // drop what has been received, which has no escapes in it
	optAllThere = 0xFFFFFFFF // return the options that exist

	needed = optStatus | optGet | optClear
	wanted = needed | optSpeed | optFraming | optBreak
)

// Outputs are the lines that go out of our end besides DTR and RTS (ntddser.h, SERIAL_IOC_MCR_OUT1 and OUT2). The other end's
// wiring says where they lead; see Params.
type Outputs byte

// The outputs.
const (
	Out1 Outputs = 0x04
	Out2 Outputs = 0x08
)

// AskInsert returns what to send with CodeInsert to learn what the driver can insert; it switches insertions off. The answer
// has InsertAnswer bytes.
func AskInsert() []byte { return insertRequest(0, optAllThere) }

// InsertAnswer is the size of the answer to AskInsert.
const InsertAnswer = 8

// SetInsert returns what to send with CodeInsert to switch on the wanted insertions that the driver can do, by its answer to
// AskInsert. The answer is the beginning of the stream: the present values. It has at most InsertMost bytes.
func SetInsert(answer []byte) ([]byte, error) {
	if len(answer) < InsertAnswer || !bytes.Equal(answer[:4], signature) {
		return nil, ErrNotCom0com
	}
	can := binary.LittleEndian.Uint32(answer[4:])
	if can&needed != needed {
		return nil, ErrNotCom0com
	}
	return insertRequest(Escape, can&wanted), nil
}

// InsertMost is the largest answer to SetInsert: line status, modem status, speed and framing.
const InsertMost = 3 + 3 + 6 + 5

func insertRequest(escape byte, options uint32) []byte {
	b := append([]byte{escape}, signature...)
	return binary.LittleEndian.AppendUint32(b, options)
}

// SetOutputs returns what to send with CodeSetModemControl to set the outputs in mask as in on. The driver must be com0com: to
// another one the code has another meaning.
func SetOutputs(on, mask Outputs) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(on))
	b = binary.LittleEndian.AppendUint32(b, uint32(mask))
	return append(b, signature...)
}
