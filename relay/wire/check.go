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
		case part.Name == PlaceDate || part.Name == PlaceLength || part.Name == PlaceData:
			fault(key, "{%s} cannot be read there: write {*} with its length, like {*:6}", part.Name)
		case part.Name == "" || part.Length > 0:
		case i == len(t)-1:
			fault(key, "nothing says where {%s} ends: write its length, like {%s:11}, or the bytes behind it, like \"{%s}\\r\\n\"", part.Name, part.Name, part.Name)
		case t[i+1].Name != "":
			fault(key, "nothing says where {%s} ends and {%s} begins: write its length, like {%s:11}", part.Name, t[i+1].Name, part.Name)
		}
	}
}

// CheckSendable reports what keeps t from being sent, or from being known byte by byte.
func (t Template) CheckSendable(key string, fault FaultFunc, allowed ...string) {
	for _, part := range t {
		if part.Name != "" && !slices.Contains(allowed, part.Name) {
			fault(key, "{%s} is not known there: write bytes%s", part.Name, OrPlaces(allowed))
		}
	}
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
