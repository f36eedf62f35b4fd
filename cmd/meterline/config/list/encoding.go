package list

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"meterline/cmd/meterline/config/table"
)

// The encodings in which spreadsheets save CSV.
const (
	Auto   = "auto"   // UTF-8 or UTF-16, or else the code page that the letters look like; the zero value means this as well
	UTF8   = "utf-8"  // with or without a byte order mark
	UTF16  = "utf-16" // "Unicode text", with a byte order mark
	CP1251 = "cp1251" // Windows, Cyrillic
	CP1252 = "cp1252" // Windows, Western European
	CP866  = "cp866"  // DOS, Cyrillic
)

// Encodings lists them, the usual one first.
var Encodings = []string{Auto, UTF8, UTF16, CP1251, CP1252, CP866}

var codePages = map[string]encoding.Encoding{
	UTF16:  unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM),
	CP1251: charmap.Windows1251,
	CP1252: charmap.Windows1252,
	CP866:  charmap.CodePage866,
}

// Decode returns the text of a list in UTF-8. For Auto, guessed is the code page that was chosen because of the letters, and is
// empty where nothing had to be guessed.
func Decode(text []byte, as string) (decoded []byte, guessed string, f *table.Flaw) {
	if as == "" || as == Auto {
		switch {
		case isUTF16(text):
			as = UTF16
		case utf8.Valid(text), slices.Contains(text, 0): // nothing that spreadsheets save has a NUL: Parse refuses it
			return text, "", nil
		default:
			as = codePageOf(text)
			guessed = as
		}
	}
	page, known := codePages[as]
	if !known {
		return text, "", nil
	}
	decoded, err := page.NewDecoder().Bytes(text)
	if err != nil {
		return nil, "", table.Flawf("write encoding = \"auto\", or leave it out", "this is not %s: %v", as, err)
	}
	return decoded, guessed, nil
}

// isUTF16 reports whether text begins with UTF-16's byte order mark.
func isUTF16(text []byte) bool {
	return bytes.HasPrefix(text, []byte{0xFF, 0xFE}) || bytes.HasPrefix(text, []byte{0xFE, 0xFF})
}

// codePageOf guesses a Windows code page. Words of Cyrillic letters are bytes from C0 on throughout. In Western languages such
// letters stand singly among ASCII.
func codePageOf(text []byte) string {
	single, inWords := 0, 0
	for i, c := range text {
		switch {
		case c < 0xC0:
		case i > 0 && text[i-1] >= 0xC0, i+1 < len(text) && text[i+1] >= 0xC0:
			inWords++
		default:
			single++
		}
	}
	if inWords > single {
		return CP1251
	}
	return CP1252
}
