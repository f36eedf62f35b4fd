package com0com_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"meterline/vport/com0com"
)

// described writes a piece for comparison; data is put together by the caller.
func described(pieces []com0com.Piece, into *[]string) {
	for _, p := range pieces {
		var text string
		switch p.Kind {
		case com0com.Data:
			text = fmt.Sprintf("data % x", p.Data)
			if n := len(*into); n > 0 && strings.HasPrefix((*into)[n-1], "data ") {
				(*into)[n-1] += strings.TrimPrefix(text, "data")
				continue
			}
		case com0com.Status:
			text = fmt.Sprintf("lines %02x", byte(p.Lines))
		case com0com.Break:
			text = fmt.Sprint("break ", p.On)
		default:
			text = p.Settings.String()
		}
		*into = append(*into, text)
	}
}

func TestStream(t *testing.T) {
	for _, c := range []struct{ name, wire, want string }{
		{"nothing", "", ""},
		{"an insertion that nobody knows is passed over, with its kind", "61 f1 7f 62", "data 61 62"},
		{"an escape character at the very end is held back", "61 f1", "data 61"},
		{"a framing that cannot be", "f1 11 09 00 00 61", "data 61"},
		{"a parity that cannot be", "f1 11 08 05 00 61", "data 61"},
		{"stop bits that cannot be", "f1 11 08 00 03", ""},
		{"a speed of zero", "f1 10 00 00 00 00", ""},
		{"a speed beyond all reason", "f1 10 ff ff ff ff", ""},
		{"plain bytes", "01 02 00 ff", "data 01 02 00 ff"},
		{"the escape character as data", "01 f1 00 02 f1 00", "data 01 f1 02 f1"},
		{"a program opens its port: DSR, then DCD with its DTR", "f1 03 20 f1 03 b0", "lines 20 | lines b0"},
		{"the low bits of the modem status, which say what has changed, are nobody's", "f1 03 2f", "lines 20"},
		{"bytes before and behind a status stay there", "61 f1 03 00 62", "data 61 | lines 00 | data 62"},
		{"a status that holds the escape character", "f1 03 f1 61", "lines f0 | data 61"},
		{"9600", "f1 10 80 25 00 00", "9600 ???"},
		{"a speed with the escape character in it", "f1 10 f1 f1 00 00", "61937 ???"},
		{"7E1", "f1 11 07 02 00", "? 7E1"},
		{"8N2", "f1 11 08 00 02", "? 8N2"},
		{"5M1.5", "f1 11 05 03 01", "? 5M1.5"},
		{"a break begins and ends", "f1 01 91 00 61 f1 02 60", "break true | data 61 | break false"},
		{"a break that is told of twice", "f1 02 10 f1 02 10", "break true"},
		{"line status without a break", "f1 02 60", ""},
		{"a byte in error is data", "61 f1 01 85 62 63", "data 61 62 63"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wire, err := hex.DecodeString(strings.ReplaceAll(c.wire, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			var whole com0com.Stream
			var got []string
			described(whole.Decode(wire), &got)
			if text := strings.Join(got, " | "); text != c.want {
				t.Errorf("%q, want %q", text, c.want)
			}
			for cut := range wire {
				var s com0com.Stream
				var got []string
				described(s.Decode(wire[:cut]), &got)
				described(s.Decode(wire[cut:]), &got)
				if text := strings.Join(got, " | "); text != c.want {
					t.Errorf("cut at %d: %q, want %q", cut, text, c.want)
				}
			}
		})
	}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte{0x61, 0xf1, 0x03, 0x20, 0xf1, 0x00, 0xf1, 0x10, 0x80, 0x25, 0, 0, 0xf1, 0x11, 7, 2, 0, 0xf1, 1, 0x91, 0, 0xf1, 2, 0x60})
	f.Fuzz(func(t *testing.T, wire []byte) {
		var whole, single com0com.Stream
		var want, got []string
		described(whole.Decode(wire), &want)
		for _, b := range wire {
			described(single.Decode([]byte{b}), &got)
		}
		if a, b := strings.Join(want, "|"), strings.Join(got, "|"); a != b {
			t.Errorf("at once %q, byte by byte %q", a, b)
		}
		if whole.Garbage() != single.Garbage() {
			t.Errorf("garbage %d, byte by byte %d", whole.Garbage(), single.Garbage())
		}
	})
}

// TestRequests holds what is sent to the driver to its headers (ntddser.h, cncext.h), byte by byte.
func TestRequests(t *testing.T) {
	if com0com.CodeInsert != 0x1B007C || com0com.CodeGetModemControl != 0x1B0094 || com0com.CodeSetModemControl != 0x1B0098 {
		t.Errorf("codes %#x, %#x, %#x", com0com.CodeInsert, com0com.CodeGetModemControl, com0com.CodeSetModemControl)
	}
	for _, c := range []struct {
		name      string
		got, want []byte
	}{
		{"ask", com0com.AskInsert(), []byte("\x00c0c\x00\xff\xff\xff\xff")},
		{"outputs", com0com.SetOutputs(com0com.Out1, com0com.Out1|com0com.Out2), []byte("\x04\x00\x00\x00\x0c\x00\x00\x00c0c\x00")},
	} {
		if !bytes.Equal(c.got, c.want) {
			t.Errorf("%s: % x, want % x", c.name, c.got, c.want)
		}
	}
}

func TestSetInsert(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer string
		want   string // "": an error
	}{
		{"no answer", "", ""},
		{"a driver that leaves the answer as it was", "\x00\x00\x00\x00\x00\x00\x00\x00", ""},
		{"another signature", "c1c\x00\x03\x07\x00\x03", ""},
		{"it cannot tell the modem status", "c0c\x00\x01\x07\x00\x03", ""},
		{"it cannot begin with the present values", "c0c\x00\x03\x07\x00\x02", ""},
		{"3.0", "c0c\x00\x03\x07\x00\x03", "\xf1c0c\x00\x02\x07\x00\x03"},
		{"an early one, without breaks", "c0c\x00\x03\x03\x00\x03", "\xf1c0c\x00\x02\x03\x00\x03"},
	} {
		got, err := com0com.SetInsert([]byte(c.answer))
		if (err != nil) != (c.want == "") || string(got) != c.want {
			t.Errorf("%s: % x, %v, want % x", c.name, got, err, c.want)
		}
	}
}
