package hayes

import "strings"

// punctuation are characters of a dial string that dial nothing: modifiers of V.250, 6.3.1 (T P W , ! @ and the $ and & of
// calling cards), separators, and the I and G of 27.007, 6.2.
const punctuation = "TPW,-()/ .!@$&IG"

// digits are the characters that V.250, 6.3.1, dials.
const digits = "0123456789*#+ABCD"

// dial is D. It takes the rest of the line, or the part before a semicolon. A semicolon makes it a voice call, and the commands
// after it are executed (V.250, 6.3.1).
func (m *Modem) dial(s *script) outcome {
	text := s.value()
	voice := s.skip(';')
	d := Dial{}
	switch head := strings.ToUpper(text); {
	case head == "L":
		if !m.call.redial {
			return refused
		}
		d = m.call.last
	case strings.HasPrefix(head, "S="):
		n, found := (&script{text: text[2:]}).number()
		if !found || n >= len(m.mem.numbers) || m.mem.numbers[n] == "" {
			return refused
		}
		stored := m.mem.numbers[n]
		if bare := strings.TrimRight(stored, "; "); bare != stored {
			stored, voice = bare, true
		}
		d = readNumber(stored)
		d.Stored = true
	case strings.HasPrefix(head, ">"): // 27.007, 6.3: by phonebook, which is empty
		return outcome{stop: true, code: m.cfg.Phonebook, cme: cmeUnlessCarrier(m.cfg.Phonebook)}
	default:
		d = readNumber(text)
	}
	d.Voice = voice
	return m.place(d)
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

// place makes the call. A call that is up is ended first, unless the modem is strict: V.250 allows no second one.
func (m *Modem) place(d Dial) outcome {
	if d.Voice && d.Number == "" {
		return goOn
	}
	if m.call.phase == Escaped && m.cfg.Strict {
		return refused
	}
	m.hangUp("another number was dialled")
	m.out.act(d)
	if d.Voice {
		m.call.why = noCause
		m.call.voice = printable(d.Number, 80)
		m.out.Calls = append(m.out.Calls, Call{Dial: d, Number: d.Shown(), Result: ok.String(), Began: m.now, Ended: m.now})
		return goOn
	}
	if d.Number != "" {
		m.call.last, m.call.redial = d, true
	}
	m.enter(Dialling)
	m.call.begin(d.Shown(), Call{Dial: d, Began: m.now})
	m.due = m.now.Add(m.mem.wait())
	return waiting
}

// storeNumber is &Zn=number. The number is the rest of the line, as Hayes has it; "&Zn?" shows it.
func (m *Modem) storeNumber(s *script) outcome {
	n, _ := s.number()
	if n >= len(m.mem.numbers) || m.booting {
		return refused
	}
	switch {
	case s.skip('='):
		m.mem.numbers[n] = strings.TrimSpace(s.rest())
		s.pos = len(s.text)
	case s.skip('?'):
		m.reply.text(m.mem.numbers[n])
	}
	return goOn
}
