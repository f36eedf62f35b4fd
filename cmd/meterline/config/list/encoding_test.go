package list

import (
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

func TestDecode(t *testing.T) {
	const russian, german = "name;note\nкотельная-1;ул. Мира, 5\n", "name;note\nStraße;Küche\n"
	encoded := func(text string, by interface{ String(string) (string, error) }) string {
		s, err := by.String(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	bom := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()
	big := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder()
	cp1251, cp1252, cp866 := charmap.Windows1251.NewEncoder(), charmap.Windows1252.NewEncoder(), charmap.CodePage866.NewEncoder()
	for name, c := range map[string]struct{ text, as, want, guessed string }{
		"UTF-8":                {russian, Auto, russian, ""},
		"UTF-8, by default":    {russian, "", russian, ""},
		"ASCII":                {"name\na\n", Auto, "name\na\n", ""},
		"Cyrillic":             {encoded(russian, cp1251), Auto, russian, CP1251},
		"Western":              {encoded(german, cp1252), Auto, german, CP1252},
		"UTF-16":               {encoded(russian, bom), Auto, russian, ""},
		"UTF-16, high first":   {encoded(russian, big), Auto, russian, ""},
		"by the key":           {encoded(german, cp1252), CP1252, german, ""},
		"by the key, not auto": {encoded(russian, cp866), CP866, russian, ""},
		"binary":               {"na\x00\xff", Auto, "na\x00\xff", ""},
		"UTF-8 it shall be":    {"\xff", UTF8, "\xff", ""}, // Parse refuses it
	} {
		t.Run(name, func(t *testing.T) {
			got, guessed, f := Decode([]byte(c.text), c.as)
			if string(got) != c.want || guessed != c.guessed || f != nil {
				t.Errorf("got %q, guessed %q, %v; want %q, %q", got, guessed, f, c.want, c.guessed)
			}
		})
	}
}

func TestDecodeFaults(t *testing.T) {
	if got, _, f := Decode([]byte("name\n"), UTF16); f == nil {
		t.Errorf("no byte order mark: got %q", got)
	}
}
