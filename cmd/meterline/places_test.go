package main

import (
	"regexp"
	"strings"
	"testing"

	"meterline/relay/wire"
)

// What "meterline help places" lists is read as it stands there.
func TestPlacesAreKnown(t *testing.T) {
	places := regexp.MustCompile(`7?\{[a-z*][^}]*\}`).FindAllString(placesLong, -1)
	if len(places) < 30 {
		t.Fatalf("only %d places", len(places))
	}
	for _, place := range places {
		text := place
		if strings.HasPrefix(place, "7") {
			text = "hex:" + place
		}
		if _, err := wire.ParseTemplate(text); err != nil {
			t.Errorf("%s: %v", place, err)
		}
	}
	for _, name := range []string{wire.PlaceID, wire.PlaceAny, wire.PlaceSeq, wire.PlaceDate, wire.PlaceCounter, wire.PlaceLength, wire.PlaceData, wire.PlaceFrom, wire.PlaceLogin, wire.PlaceSecret} {
		if !strings.Contains(placesLong, "{"+name) {
			t.Errorf("{%s} is not told", name)
		}
	}
}
