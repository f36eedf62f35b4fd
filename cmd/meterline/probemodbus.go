package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// modbusSeal appends the CRC of Modbus over serial line, 6.2.2: polynomial 0xA001, low byte first.
func modbusSeal(frame []byte) []byte {
	crc := uint16(0xffff)
	for _, c := range frame {
		crc ^= uint16(c)
		for range 8 {
			carry := crc & 1
			crc >>= 1
			if carry != 0 {
				crc ^= 0xa001
			}
		}
	}
	return append(frame, byte(crc), byte(crc>>8))
}

// modbusMeaning reads the answer to a reading of holding registers.
func modbusMeaning(request, answer []byte) string {
	if len(answer) < 5 {
		return fmt.Sprintf("%d bytes came back: too few for Modbus RTU", len(answer))
	}
	body := answer[:len(answer)-2]
	if !bytes.Equal(modbusSeal(bytes.Clone(body)), answer) {
		return fmt.Sprintf("%d bytes came back with a wrong CRC: another protocol, a wrong speed at the meter, or pieces lost", len(answer))
	}
	if body[0] != request[0] {
		return fmt.Sprintf("unit %d answers instead of unit %d", body[0], request[0])
	}
	if body[1]&0x80 != 0 {
		return fmt.Sprintf("unit %d answers with exception %d (%s)", body[0], body[2], modbusException(body[2]))
	}
	values := body[3:]
	if body[1] != request[1] || int(body[2]) != len(values) || len(values)%2 != 0 {
		return fmt.Sprintf("unit %d answers with another frame than asked for", body[0])
	}
	var words []string
	for i := 0; i < len(values); i += 2 {
		words = append(words, strconv.Itoa(int(values[i])<<8|int(values[i+1])))
	}
	return fmt.Sprintf("unit %d answers: %s", body[0], strings.Join(words, " "))
}

// modbusException names the exception codes of the Modbus application protocol, section 7.
func modbusException(code byte) string {
	names := map[byte]string{
		1: "illegal function", 2: "illegal data address", 3: "illegal data value", 4: "server device failure",
		5: "acknowledge", 6: "server device busy", 8: "memory parity error",
		10: "gateway path unavailable", 11: "gateway target did not respond",
	}
	if name, ok := names[code]; ok {
		return name
	}
	return "unknown"
}
