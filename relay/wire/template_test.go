package wire

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// tmpl is a template of the test's own.
func tmpl(s string) Template {
	t, err := ParseTemplate(s)
	if err != nil {
		panic(err) // a fault of the test
	}
	return t
}

func TestParseTemplate(t *testing.T) {
	lit := func(s string) Part { return Part{Literal: []byte(s)} }
	for in, want := range map[string]struct {
		t Template
		// what is wrong, empty: nothing
		fault string
	}{
		"":                     {fault: "no bytes"},
		"hex:":                 {fault: "no bytes"},
		"Привет {id}":          {fault: "not all ASCII"},
		"hex:7G":               {fault: "no hexadecimal"},
		"hex:7 {id} B":         {fault: "no hexadecimal"},
		"hex:{{":               {fault: "a { without its }"},
		"{id":                  {fault: "a { without its }"},
		"{}":                   {fault: "{} is no place"},
		"{ID}":                 {fault: "{ID} is no place"},
		"{sum}":                {fault: "{sum} is no checksum"},
		"{crc:2}":              {fault: "write one of {crc16}, {crc16-ccitt}"},
		"{crc16-modbus:le}":    {fault: "is no checksum that is known"},
		"{len:2:le}":           {fault: "write {length:2}"},
		"{summary}":            {t: Template{{Name: "summary"}}},
		"{two words}":          {fault: "is no place"},
		"{id:}":                {fault: "no number of bytes"},
		"{id:0}":               {fault: "no number of bytes"},
		"{id:5000}":            {fault: "no number of bytes"},
		"{*:x}":                {fault: "no number of bytes"},
		"{date}":               {fault: "does not say how the date is written"},
		"{date:-}":             {fault: "does not say how the date is written"},
		"{data:4}":             {fault: "the length stands in {length:2}"},
		"{length}":             {fault: "how many bytes"},
		"{length:5}":           {fault: "how many bytes"},
		"{length:2:be}":        {fault: "how many bytes"},
		"LOG":                  {t: Template{lit("LOG")}},
		"a}b":                  {t: Template{lit("a}b")}},
		`{{"id":"{id}"}`:       {t: Template{lit(`{"id":"`), {Name: "id"}, lit(`"}`)}},
		"a{{b{{":               {t: Template{lit("a{b{")}},
		"hex:7b 01{id:11} 7B":  {t: Template{lit("{\x01"), {Name: "id", Length: 11}, lit("{")}},
		"hex:{id}":             {t: Template{{Name: "id"}}},
		"{*:6}{*}\r\n":         {t: Template{{Name: "*", Length: 6}, {Name: "*"}, lit("\r\n")}},
		"{signal-2_x}":         {t: Template{{Name: "signal-2_x"}}},
		"{date:DD.MM hh:mm}":   {t: Template{{Name: "date", Format: "DD.MM hh:mm"}}},
		"{length:2:le}":        {t: Template{{Name: "length", Length: 2, Format: "le"}}},
		"{counter}":            {fault: "how many bytes"},
		"{counter:5}":          {fault: "how many bytes"},
		"{from:2}":             {fault: "it has no bytes"},
		"{crc16:2}":            {fault: "no order of bytes"},
		"{crc16:be}":           {fault: "no order of bytes"},
		"{sum8:le}":            {fault: "it has one byte"},
		"hex:7{id}":            {fault: "7{id} has half a byte"},
		"hex:7{seq:1}":         {fault: "7{seq} has half a byte"},
		"hex:7 {seq}":          {fault: "no hexadecimal"},
		"hex:7{seq":            {fault: "a { without its }"},
		"hex:7{seq} 0":         {fault: "no hexadecimal"},
		"hex:02 7{seq} 0{*}":   {t: Template{lit("\x02"), {Name: "seq", Length: 1, Half: true, Upper: 0x70}, {Name: "*", Length: 1, Half: true}}},
		"7{seq}":               {t: Template{lit("7"), {Name: "seq"}}},
		"{counter:2:le}":       {t: Template{{Name: "counter", Length: 2, Format: "le"}}},
		"x{from}y{crc16:le}":   {t: Template{lit("x"), {Name: "from"}, lit("y"), {Name: "crc16", Length: 2, Format: "le"}}},
		"x{crc16-ccitt}{sum8}": {t: Template{lit("x"), {Name: "crc16-ccitt", Length: 2}, {Name: "sum8", Length: 1}}},
		"{length:2}{data}":     {t: Template{{Name: "length", Length: 2}, {Name: "data"}}},
	} {
		t.Run(in, func(t *testing.T) {
			got, err := ParseTemplate(in)
			if _, ok := errors.AsType[*NotationError](err); (err == nil) != (want.fault == "") || err != nil && (!ok || !strings.Contains(err.Error(), want.fault)) {
				t.Fatalf("error %v, want %q", err, want.fault)
			}
			if !reflect.DeepEqual(got, want.t) {
				t.Errorf("got %+v, want %+v", got, want.t)
			}
		})
	}
}

func TestRender(t *testing.T) {
	now := time.Date(2027, 3, 4, 5, 6, 7, 0, time.Local)
	for in, want := range map[string]string{
		"{date:YYYYMMDDhhmmss},MOD=DAT,\r":  "20270304050607,MOD=DAT,\r",
		"{date:hh:mm:ss DD.MM.YY Jan 2006}": "05:06:07 04.03.27 Jan 2006",
		"hex:7B 81 00 10 {id} 7B":           "\x7b\x81\x00\x10\x00ID{",
		"{{{id}}":                           "{\x00ID}",
	} {
		if got := tmpl(in).Render([]byte("\x00ID"), now); string(got) != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// FuzzTemplate: whatever is written, it is read or refused in words, and what has been read can be matched and sent.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{
		"hex:68{from}C9{id:5}7{seq}{sum8}16", "a{seq:1}{crc16:le}{from}{counter:2}{xor8}", "LOGIN:{id}\r\n", "hex:7B 01 00 16 {id:11} {*:6} 7B", "IMEI={id};CSQ={signal};{*}\r\n", "{date:YYYYMMDDhhmmss}", "{{}", "hex:{length:2:le}{data}", "{", "{*}{*}",
	} {
		f.Add(s, []byte("IMEI=1;CSQ=7;\r\n"))
	}
	f.Fuzz(func(t *testing.T, s string, in []byte) {
		tm, err := ParseTemplate(s)
		if (err == nil) != (len(tm) > 0) {
			t.Fatalf("template %v, error %v", tm, err)
		}
		tm.Render(in, time.Now())
		sound := true
		tm.CheckReadable("it", func(string, string, ...any) { sound = false })
		if !sound || len(tm) == 0 {
			return
		}
		n, fields, ok := tm.Front(in)
		if n > len(in) || n > 0 && !ok {
			t.Fatalf("%d of %d bytes, %v", n, len(in), ok)
		}
		if n == 0 {
			return
		}
		if whole := again(tm, fields); !bytes.Equal(whole, in[:n]) {
			t.Errorf("%q read as %q", in[:n], whole)
		}
		if more, _, ok := tm.Front(in[:n-1]); !ok || more > 0 {
			t.Errorf("%q and no more: %d, %v", in[:n-1], more, ok)
		}
	})
}

// again sends what was read.
func again(tm Template, fields []Field) []byte {
	var whole []byte
	from := 0
	for _, part := range tm {
		switch {
		case part.Name == PlaceFrom:
			from = len(whole)
		case part.Name == "":
			whole = append(whole, part.Literal...)
		case part.IsChecksum():
			whole = part.appendChecksum(whole, whole[from:])
		case part.Half:
			whole, fields = append(whole, part.Upper|fields[0].Bytes[0]), fields[1:]
		default:
			whole, fields = append(whole, fields[0].Bytes...), fields[1:]
		}
	}
	return whole
}

// FuzzSentIsRead: what a template sends, it reads.
func FuzzSentIsRead(f *testing.F) {
	for _, s := range []string{"hex:68{from}C9{id:5}7{seq}{sum8}16", "a{seq:1}{port:2}{crc16:le}{from}b{*:9}{xor8}", "{id};{signal:3}{crc16-x25}", "<{*}>"} {
		f.Add(s, []byte("0123456789"))
	}
	f.Fuzz(func(t *testing.T, s string, filling []byte) {
		tm, err := ParseTemplate(s)
		sound := err == nil && len(filling) > 0
		tm.CheckReadable("it", func(string, string, ...any) { sound = false })
		if !sound {
			t.Skip("it cannot be read")
		}
		var v Values
		for i, part := range tm {
			if part.Name == "" || part.Name == PlaceFrom || part.IsChecksum() {
				continue
			}
			value := bytes.Repeat(filling, part.Length/len(filling)+1)[:max(part.Length, min(1, len(filling)))]
			if part.Half {
				value = []byte{filling[0] & 0x0F}
			}
			if tm.Count(part.Name) > 1 || part.Length == 0 && bytes.Contains(append(value[:1:1], tm[i+1].Literal...)[:len(tm[i+1].Literal)], tm[i+1].Literal) {
				t.Skip("it would be another")
			}
			v.Came = append(v.Came, Field{part.Name, value})
			if part.Name == PlaceID {
				v.ID = value
			}
		}
		sent := tm.Append(nil, &v)
		n, fields, ok := tm.Front(append(sent, filling...))
		if n != len(sent) || !ok || !reflect.DeepEqual(fields, v.Came) {
			t.Errorf("%q sends %q with %v, and reads %d, %v, %v", s, sent, v.Came, n, fields, ok)
		}
	})
}
