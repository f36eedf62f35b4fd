package wire

import (
	"slices"
	"strconv"
	"strings"
)

// FaultFunc collects what is wrong, by key.
type FaultFunc = func(key, format string, args ...any)

// Choices returns a list of words to choose from.
func Choices[W ~string](words []W) string {
	all := make([]string, 0, len(words))
	for _, w := range words {
		all = append(all, strconv.Quote(string(w)))
	}
	return strings.Join(all, ", ")
}

// IDStandIn replaces the identity where only the bytes around it matter.
const IDStandIn = "\x00id\x00"

// CheckReadable reports what keeps t from being read in what modems send.
func (t Template) CheckReadable(key string, fault FaultFunc) {
	for i, part := range t {
		switch {
		case slices.Contains([]string{PlaceDate, PlaceLength, PlaceData, PlaceCounter}, part.Name):
			fault(key, "{%s} cannot be read there: write {*} with its length, like {*:6}", part.Name)
		case part.Name == "" || part.Length > 0 || part.Name == PlaceFrom:
		case i == len(t)-1:
			fault(key, "nothing says where {%s} ends: write its length, like {%s:11}, or the bytes behind it, like \"{%s}\\r\\n\"", part.Name, part.Name, part.Name)
		case t[i+1].Name != "":
			fault(key, "nothing says where {%s} ends and {%s} begins: write its length, like {%s:11}", part.Name, t[i+1].Name, part.Name)
		}
	}
	t.CheckSums(key, fault)
	t.checkOnce(key, PlaceSeq, "give the other a name of its own, or write {*} for it", fault)
}

// CheckPacket reports what keeps t from being read as a packet.
func (t Template) CheckPacket(key string, fault FaultFunc) {
	for _, part := range t {
		switch {
		case part.Name == PlaceDate || part.Name == PlaceCounter:
			fault(key, "{%s} cannot be read there: write {*} with its length, like {*:6}", part.Name)
		case part.Repeatable() && part.Length == 0:
			fault(key, "nothing says where {%s} ends: write its length, like {%s:2}", part.Name, part.Name)
		}
	}
	t.CheckSums(key, fault)
	t.checkOnce(key, PlaceSeq, "give the other a name of its own, or write {*} for it", fault)
}

// CheckSums reports checksums that count nothing.
func (t Template) CheckSums(key string, fault FaultFunc) {
	counted, marked := 0, false
	for i := range t {
		switch part := &t[i]; {
		case part.Name == PlaceFrom && i == 0:
			fault(key, "{from} stands in front of everything, where checksums begin to count anyway: leave it out")
		case part.Name == PlaceFrom && marked:
			fault(key, "{from} stands twice before one checksum: keep the one that stands where the checksum begins to count")
		case part.Name == PlaceFrom:
			counted, marked = 0, true
		case part.IsChecksum() && counted == 0:
			fault(key, "{%s} has no range: write what it counts in front of it, behind {from} unless it is everything", part.Name)
			marked = false
		case part.IsChecksum():
			counted, marked = counted+1, false
		default:
			counted++
		}
	}
	if marked {
		fault(key, "no checksum follows {from}: write one behind what it counts, like {sum8} or {crc16:le}, or leave {from} out")
	}
}

// checkOnce refuses a place that stands more than once.
func (t Template) checkOnce(key, name, other string, fault FaultFunc) {
	if n := t.Count(name); n > 1 {
		fault(key, "{%s} stands in it %d times: keep one, and %s", name, n, other)
	}
}

// CheckSendable reports what keeps t from being sent. Besides the allowed places it may hold checksums, and repeat the places of
// what the modem sends: of the last of those templates that has it.
func (t Template) CheckSendable(key string, fault FaultFunc, came []Template, allowed ...string) {
	for _, part := range t {
		switch {
		case part.Name == "" || part.Name == PlaceFrom || part.IsChecksum() || slices.Contains(allowed, part.Name):
		case part.hasMeaning() || len(slices.Concat(came...)) == 0:
			fault(key, "{%s} is not known there: write bytes%s", part.Name, OrPlaces(allowed))
		default:
			part.checkRepeated(key, fault, came)
		}
	}
	t.CheckSums(key, fault)
	t.checkOnce(key, PlaceCounter, "write bytes for the other", fault)
}

// hasMeaning reports whether what p holds is known by its name, so that it does not repeat what came.
func (p *Part) hasMeaning() bool {
	return slices.Contains([]string{PlaceID, PlaceDate, PlaceCounter, PlaceLength, PlaceData, PlaceLogin, PlaceSecret}, p.Name)
}

// checkRepeated reports what keeps a place from repeating what came.
func (p *Part) checkRepeated(key string, fault FaultFunc, came []Template) {
	for _, t := range slices.Backward(came) {
		i := slices.IndexFunc(t, func(o Part) bool { return o.Name == p.Name })
		switch n := t.Count(p.Name); {
		case n == 0:
			continue
		case n > 1:
			fault(key, "{%s} comes %d times, and nothing says which is repeated: give that one a name of its own", p.Name, n)
		case p.Length > 0 && p.Length != t[i].Length && !p.Half:
			fault(key, "{%s:%d} repeats what comes with another length: write {%s}", p.Name, p.Length, p.Name)
		}
		return
	}
	fault(key, "{%s} repeats what never comes: write it where the modem sends it, too, or bytes", p.Name)
}

// OrPlaces returns the names of places as alternatives to bytes, to end a sentence.
func OrPlaces(names []string) string {
	var text strings.Builder
	for _, name := range names {
		if name == PlaceDate {
			name = "date:YYYYMMDDhhmmss"
		}
		text.WriteString(" or {" + name + "}")
	}
	return text.String()
}
