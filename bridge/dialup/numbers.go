package dialup

import (
	"net/netip"
	"strings"
	"sync/atomic"

	"meterline/bridge/modem"
	"meterline/vport/hayes"
)

// Switchboard knows which modem has a number, and which ports ring. A reload replaces its tables as a whole.
type Switchboard struct {
	book   atomic.Pointer[numberBook]
	groups atomic.Pointer[map[string][]modem.Ringer]
}

// SetModems sets the modems that can be dialled.
func (s *Switchboard) SetModems(modems []*modem.Modem) { s.book.Store(newNumberBook(modems)) }

// SetGroups sets which ports ring together, in order, by the name of their table.
func (s *Switchboard) SetGroups(groups map[string][]modem.Ringer) { s.groups.Store(&groups) }

// Group returns the dial-up ports of one table, in order.
func (s *Switchboard) Group(name string) []modem.Ringer {
	groups := s.groups.Load()
	if groups == nil {
		return nil
	}
	return (*groups)[name]
}

// numberBook holds the modems that can be dialled. It never changes.
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
	for _, m := range modems { // a name has precedence over another modem's id
		b.words[strings.ToLower(m.Name())] = m
	}
	return b
}

// find returns the modem that was dialled, nil if none has that number.
func (s *Switchboard) find(n Numbering, d hayes.Dial) *modem.Modem {
	book := s.book.Load()
	if book == nil {
		return nil
	}
	for _, word := range []string{d.Raw, d.Number} {
		if m := book.words[strings.ToLower(word)]; m != nil {
			return m
		}
	}
	for _, form := range n.forms(d) {
		if m := book.numbers[form]; m != nil {
			return m
		}
	}
	return nil
}

// forms returns the numbers that a dialled one may mean, the most likely first, digits only.
func (n Numbering) forms(d hayes.Dial) []string {
	number := n.rewritten(d)
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

// rewritten applies the Rewrite whose prefix is the longest that matches. One with a pause matches only where a pause was
// dialled: the 9 of an outside line is told from a number that begins with 9.
func (n Numbering) rewritten(d hayes.Dial) string {
	longest, rewritten := "", d.Number
	for _, r := range n.Rewrite {
		dialled := d.Number
		if strings.Contains(r.From, pause) {
			dialled = strings.TrimLeft(d.Paused, pause)
		}
		if rest, ok := strings.CutPrefix(dialled, r.From); ok && len(r.From) > len(longest) {
			longest, rewritten = r.From, r.To+strings.ReplaceAll(rest, pause, "")
		}
	}
	return rewritten
}

// pause is how a pause stands in Rewrite.From and in hayes.Dial.Paused.
const pause = ","

// digitsOf returns a telephone number without the characters that people write between its digits.
func digitsOf(number string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '*' || r == '#' {
			return r
		}
		return -1
	}, number)
}

// direct returns the address that was dialled, if that is allowed. Host names are not: they could resolve to any address.
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
