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
		"":                    {fault: "no bytes"},
		"hex:":                {fault: "no bytes"},
		"Привет {id}":         {fault: "not all ASCII"},
		"hex:7G":              {fault: "no hexadecimal"},
		"hex:7 {id} B":        {fault: "no hexadecimal"},
		"hex:{{":              {fault: "a { without its }"},
		"{id":                 {fault: "a { without its }"},
		"{}":                  {fault: "{} is no place"},
		"{ID}":                {fault: "{ID} is no place"},
		"{two words}":         {fault: "is no place"},
		"{id:}":               {fault: "no number of bytes"},
		"{id:0}":              {fault: "no number of bytes"},
		"{id:5000}":           {fault: "no number of bytes"},
		"{*:x}":               {fault: "no number of bytes"},
		"{date}":              {fault: "does not say how the date is written"},
		"{date:-}":            {fault: "does not say how the date is written"},
		"{data:4}":            {fault: "the length stands in {length:2}"},
		"{length}":            {fault: "how many bytes"},
		"{length:5}":          {fault: "how many bytes"},
		"{length:2:be}":       {fault: "how many bytes"},
		"LOG":                 {t: Template{lit("LOG")}},
		"a}b":                 {t: Template{lit("a}b")}},
		`{{"id":"{id}"}`:      {t: Template{lit(`{"id":"`), {Name: "id"}, lit(`"}`)}},
		"a{{b{{":              {t: Template{lit("a{b{")}},
		"hex:7b 01{id:11} 7B": {t: Template{lit("{\x01"), {Name: "id", Length: 11}, lit("{")}},
		"hex:{id}":            {t: Template{{Name: "id"}}},
		"{*:6}{*}\r\n":        {t: Template{{Name: "*", Length: 6}, {Name: "*"}, lit("\r\n")}},
		"{signal-2_x}":        {t: Template{{Name: "signal-2_x"}}},
		"{date:DD.MM hh:mm}":  {t: Template{{Name: "date", Format: "DD.MM hh:mm"}}},
		"{length:2:le}":       {t: Template{{Name: "length", Length: 2, Format: "le"}}},
		"{length:2}{data}":    {t: Template{{Name: "length", Length: 2}, {Name: "data"}}},
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
		"LOGIN:{id}\r\n", "hex:7B 01 00 16 {id:11} {*:6} 7B", "IMEI={id};CSQ={signal};{*}\r\n", "{date:YYYYMMDDhhmmss}", "{{}", "hex:{length:2:le}{data}", "{", "{*}{*}",
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
		var whole []byte
		if n == 0 {
			return
		}
		for _, part := range tm {
			if part.Name == "" {
				whole = append(whole, part.Literal...)
			} else {
				whole, fields = append(whole, fields[0].Bytes...), fields[1:]
			}
		}
		if !bytes.Equal(whole, in[:n]) {
			t.Errorf("%q read as %q", in[:n], whole)
		}
	})
}
