package dialup

import (
	"net/netip"
	"strings"
	"sync/atomic"

	"meterline/bridge/modem"
)

// Switchboard knows whom a number reaches. The book is replaced as a whole when the configuration changes.
type Switchboard struct {
	book   atomic.Pointer[numberBook]
	groups atomic.Pointer[map[string][]modem.Ringer]
}

// SetModems tells whom numbers reach from now on.
func (s *Switchboard) SetModems(modems []*modem.Modem) { s.book.Store(newNumberBook(modems)) }

// SetGroups tells which ports ring together from now on, in order.
func (s *Switchboard) SetGroups(groups map[string][]modem.Ringer) { s.groups.Store(&groups) }

// Group is the dial-up ports of one table, in order.
func (s *Switchboard) Group(name string) []modem.Ringer {
	groups := s.groups.Load()
	if groups == nil {
		return nil
	}
	return (*groups)[name]
}

// numberBook is who can be dialled, at one moment.
type numberBook struct {
	words   map[string]*modem.Modem // by name and id, in lower case
	numbers map[string]*modem.Modem // by telephone number, digits only
}

func newNumberBook(modems []*modem.Modem) *numberBook {
	b := &numberBook{words: make(map[string]*modem.Modem), numbers: make(map[string]*modem.Modem)}
	for _, m := range modems {
		for _, n := range m.Config().Numbers {
			b.numbers[digitsOf(n)] = m
		}
		if id := strings.ToLower(m.ID()); id != "" && b.words[id] == nil {
			b.words[id] = m
		}
	}
	for _, m := range modems { // a name goes before another modem's id
		b.words[strings.ToLower(m.Name())] = m
	}
	return b
}

// find is the modem that was dialled, as the program wrote it or as a modem understood it; nil if nobody has that number.
func (s *Switchboard) find(n Numbering, raw, number string) *modem.Modem {
	book := s.book.Load()
	if book == nil {
		return nil
	}
	for _, word := range []string{raw, number} {
		if m := book.words[strings.ToLower(word)]; m != nil {
			return m
		}
	}
	for _, form := range n.forms(number, strings.Contains(raw, "+")) {
		if m := book.numbers[form]; m != nil {
			return m
		}
	}
	return nil
}

// forms are the numbers that a dialled one may stand for, the likeliest first, digits only.
func (n Numbering) forms(number string, international bool) []string {
	number = n.rewritten(number, international)
	digits := digitsOf(number)
	if digits == "" {
		return nil
	}
	forms := []string{digits}
	if strings.HasPrefix(number, "+") || n.Country == "" {
		return forms
	}
	if rest, ok := strings.CutPrefix(digits, n.Trunk); ok && n.Trunk != "" {
		forms = append(forms, n.Country+rest)
	}
	return append(forms, n.Country+digits)
}

// rewritten applies the longest rule that fits.
func (n Numbering) rewritten(number string, international bool) string {
	if international && !strings.HasPrefix(number, "+") {
		number = "+" + number
	}
	best := -1
	for i, r := range n.Rewrite {
		if strings.HasPrefix(number, r.From) && (best < 0 || len(r.From) > len(n.Rewrite[best].From)) {
			best = i
		}
	}
	if best < 0 {
		return number
	}
	return n.Rewrite[best].To + number[len(n.Rewrite[best].From):]
}

// digitsOf is a telephone number without all that people write between its digits.
func digitsOf(number string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '*' || r == '#' {
			return r
		}
		return -1
	}, number)
}

// direct is the address that was dialled, if it may be dialled as one: only addresses can be, since a name may resolve to
// anything.
func (n Numbering) direct(raw string) (address string, ok bool) {
	ap, err := netip.ParseAddrPort(raw)
	if err != nil {
		return "", false
	}
	for _, p := range n.Direct {
		if p.Contains(ap.Addr().Unmap()) {
			return ap.String(), true
		}
	}
	return "", false
}
