package hayes

import "strings"

// punctuation are characters of a dial string that dial nothing: modifiers of V.250, 6.3.1 (T P W , ! @ and the $ and & of
// calling cards), separators, and the I and G of 27.007, 6.2.
const punctuation = "TPW,-()/ .!@$&IG"

// digits are the characters that V.250, 6.3.1, dials.
const digits = "0123456789*#+ABCD"

// dial is D. It takes the rest of the line, or the part before a semicolon. A semicolon makes it a voice call, and the commands
// after it are executed (V.250, 6.3.1).
func (in *interpreter) dial() outcome {
	text := in.value()
	voice := in.skip(';')
	d := Dial{}
	switch head := strings.ToUpper(text); {
	case head == "L":
		if !in.m.call.redial {
			return refused
		}
		d = in.m.call.last
	case strings.HasPrefix(head, "S="):
		n, found := (&script{text: text[2:]}).number()
		if !found || n >= len(in.mem.numbers) || in.mem.numbers[n] == "" {
			return refused
		}
		stored := in.mem.numbers[n]
		if bare := strings.TrimRight(stored, "; "); bare != stored {
			stored, voice = bare, true
		}
		d = readNumber(stored)
		d.Stored = true
	case strings.HasPrefix(head, ">"): // 27.007, 6.3: by phonebook, which is empty
		return outcome{stop: true, code: in.m.cfg.Phonebook, cme: cmeUnlessCarrier(in.m.cfg.Phonebook)}
	default:
		d = readNumber(text)
	}
	d.Voice = voice
	switch {
	case voice && d.Number == "":
		return goOn
	case in.m.call.phase == Escaped && in.m.cfg.Strict: // V.250 allows no second call
		return refused
	}
	in.m.place(d)
	if voice {
		return goOn
	}
	return waiting
}

func cmeUnlessCarrier(r Result) int {
	if r == Error {
		return cmeNotFound
	}
	return 0
}

// readNumber takes a dial string apart. Text with a digit, and only with characters of dial strings, is a number. Anything
// else, and anything in quotes, is a name or an address, with or without the T or P of a program's prefix.
func readNumber(text string) Dial {
	raw := strings.TrimSpace(text)
	rest := raw
	if c := (&script{text: rest}).peek(); c == 'T' || c == 'P' {
		rest = strings.TrimSpace(rest[1:])
	}
	if name, quoted := strings.CutPrefix(rest, `"`); quoted {
		name, _, _ = strings.Cut(name, `"`)
		return Dial{Number: name, Raw: name, Named: true}
	}
	var paused []byte
	digit := false
	for _, c := range []byte(rest) {
		upper := (&script{text: string([]byte{c})}).peek()
		switch {
		case upper == ',' || upper == 'W':
			paused = append(paused, ',')
		case upper == 0 || strings.IndexByte(punctuation, upper) >= 0:
		case strings.IndexByte(digits, upper) >= 0:
			paused = append(paused, upper)
			digit = digit || upper < 'A'
		default:
			return Dial{Number: rest, Raw: raw, Named: true}
		}
	}
	if !digit && strings.Trim(rest, ",-()/ .!@$&") != "" {
		return Dial{Number: rest, Raw: raw, Named: true}
	}
	return Dial{Number: strings.ReplaceAll(string(paused), ",", ""), Paused: string(paused), Raw: raw}
}

// storeNumber is &Zn=number. The number is the rest of the line, as Hayes has it; "&Zn?" shows it.
func (in *interpreter) storeNumber() outcome {
	n, _ := in.number()
	if n >= len(in.mem.numbers) {
		return refused
	}
	switch {
	case in.skip('='):
		in.mem.numbers[n] = strings.TrimSpace(in.rest())
		in.pos = len(in.text)
	case in.skip('?'):
		in.reply.text(in.mem.numbers[n])
	}
	return goOn
}
