package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"meterline/cmd/meterline/config/configtest"
)

// checkDigits returns the warnings of check digits for modems with these ids at an exchange with a profile.
func checkDigits(t *testing.T, profile string, ids ...string) []string {
	t.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "state = \"state.json\"\n[profile.fifteen]\nregistration = \"{id:15}\"\nid_pattern = \"[0-9]{15}\"\n"+
		"[profile.any]\nregistration = \"{id}\\n\"\n[exchange.gprs]\nlisten = \":7001\"\nprofile = %q\n", profile)
	for i, id := range ids {
		fmt.Fprintf(&text, "[modem.m%d]\nexchange = \"gprs\"\nid = %q\nport = \"/run/meterline/m%d\"\n", i, id, i)
	}
	s, err := loadFor("linux", filepath.Join(configtest.Write(t, "main.toml", text.String()), "main.toml"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(s.Warnings, func(w string) bool { return !strings.Contains(w, "IMEI") })
}

// The check digit finds a slip of the pen in an IMEI; it is no fault, as some number their modems as they like.
func TestCheckDigits(t *testing.T) {
	for _, c := range []struct {
		profile, id string
		warns       bool
	}{
		{"imei", "490154203237510", true}, {"irz", "490154203273518", true}, {"teleofis", "490154203237519", true}, {"fifteen", "490154203237510", true},
		{"teltonika", "490154203237510", true},
		{"imei", "490154203237518", false}, {"imei", "49015420323751", false}, {"imei", "4901542032375199", false},
		{"any", "490154203237510", false},
	} {
		warnings := checkDigits(t, c.profile, c.id)
		if got := len(warnings) == 1 && strings.Contains(warnings[0], "main.toml:1") && strings.Contains(warnings[0], "its last digit would be"); got != c.warns || len(warnings) > 1 {
			t.Errorf("%s %s: %q", c.profile, c.id, warnings)
		}
	}
}

// Many wrong ones are told in one line.
func TestManyCheckDigits(t *testing.T) {
	var ids []string
	for i := range 30 {
		ids = append(ids, fmt.Sprintf("86123456789%03d0", i))
	}
	warnings := checkDigits(t, "imei", ids...)
	more := slices.ContainsFunc(warnings, func(w string) bool { return strings.HasSuffix(w, "17 more ids have a wrong check digit of an IMEI") })
	if n := len(warnings); n != mostCheckDigits+1 || !more {
		t.Errorf("%d warnings: %q", n, warnings)
	}
}
