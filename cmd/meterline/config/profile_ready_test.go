package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"meterline/relay/profile"
	"meterline/relay/profile/trace"
)

func readyProfile(t *testing.T, name string) profile.Profile {
	t.Helper()
	ready, err := ReadyProfiles()
	if err != nil {
		t.Fatal(err)
	}
	if ready[name] == nil {
		t.Fatalf("no profile %s", name)
	}
	return ready[name].Config
}

// readyID is an id that a ready profile takes, empty where modems are known by their address.
func readyID(t *testing.T, name string) string {
	t.Helper()
	p := readyProfile(t, name)
	if !p.Registers() {
		return ""
	}
	for _, id := range []string{"861234567890131", "13912345691", "1001", "ACDE48001122", "FDFEED01", "12345678"} {
		if p.CheckID(id) == nil {
			return id
		}
	}
	t.Fatalf("no id fits the ready profile %s: add one", name)
	return ""
}

// TestReadyProfiles plays what makers publish, and what is not quite that, through each ready profile.
func TestReadyProfiles(t *testing.T) {
	const zlan = "\xfa\x07\x13\x02\xfa\x02\x22\x11\x00\x48\xde\xac\xfa\xff"
	tested := make(map[string]bool)
	for name, c := range map[string]struct {
		profile string
		in      []string
		want    []string // what and bytes or text, of the steps that tell something
	}{
		"zlan, another command":   {"zlan", []string{"\xfa\x07\x13\x03"}, []string{"refused not a registration"}},
		"zlan":                    {"zlan", []string{zlan, "\xfa\x01\x01ab", "\x00"}, []string{"identity acde48001122", "data ab", "heartbeat \x00"}},
		"zlan, data at once":      {"zlan", []string{zlan + "\xfa\x01\x01a\xfa\x01\x01"}, []string{"identity acde48001122", "data a\xfa\x01\x01"}},
		"inhand, a long number":   {"inhand", []string{"\xaa\x01123456789012\r"}, []string{"refused not a registration"}},
		"inhand":                  {"inhand", []string{"\xaa\x0113912345678\rab"}, []string{"identity 13912345678", "data ab"}},
		"teltonika, letters":      {"teltonika", []string{"\x00\x0f35630704244101x"}, []string{"refused not a registration"}},
		"teltonika":               {"teltonika", []string{"\x00\x0f356307042441013", "ab"}, []string{"identity 356307042441013", "we send \x01", "data ab"}},
		"usr, letters":            {"usr", []string{"LOGIN:10O1"}, []string{"refused not a registration"}},
		"usr":                     {"usr", []string{"LOGIN:1001", "LOG", "LOGa"}, []string{"identity 1001", "heartbeat LOG", "data LOGa"}},
		"usr-mac":                 {"usr-mac", []string{"\xd8\xb0\x4c\x46\x35\xcaab"}, []string{"identity d8b04c4635ca", "data ab"}},
		"high-flying, short":      {"high-flying", []string{"D0D90042807z"}, []string{"refused not a registration"}},
		"high-flying":             {"high-flying", []string{"D0D900428073", "ab"}, []string{"identity D0D900428073", "data ab"}},
		"ebyte, no number":        {"ebyte", []string{"ID:;"}, []string{"refused not a registration"}},
		"ebyte":                   {"ebyte", []string{"ID:1001;ab"}, []string{"identity 1001", "data ab"}},
		"roltek":                  {"roltek", []string{"\x01\x23\x45\x67\x89", "ab", "\x01\x23\x45\x67\x89", "\x01\x23\x45\x67\x89a"}, []string{"heartbeat \x01\x23\x45\x67\x89", "data ab", "heartbeat \x01\x23\x45\x67\x89", "data \x01\x23\x45\x67\x89a"}},
		"high-flying, and a scan": {"high-flying", []string{"GET / HTTP/1.0\r\n"}, []string{"refused scanner: HTTP"}},
	} {
		tested[c.profile] = true
		t.Run(name, func(t *testing.T) {
			p := readyProfile(t, c.profile)
			var arrivals []trace.Arrival
			for _, in := range c.in {
				arrivals = append(arrivals, trace.Arrival{Bytes: []byte(in), After: time.Second})
			}
			steps, err := trace.Play(&p, arrivals, nil, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range steps {
				if !slices.Contains([]trace.What{trace.Sends, trace.Registers, trace.TakesOff, trace.Waits}, s.What) {
					got = append(got, string(s.What)+" "+string(s.Bytes)+s.Text)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	for _, name := range ReadyNames() {
		p := readyProfile(t, name)
		if !tested[name] || p.Source == "" || p.Note == "" || p.Name != name {
			t.Errorf("%s is not tested, or does not say where it is from and what it is", name)
		}
	}
}

// A copied table is a sound configuration.
func TestReadyTables(t *testing.T) {
	for _, name := range ReadyNames() {
		text := ReadyTable(name)
		if !strings.Contains(text, "[profile.my-"+name+"]") || strings.Count(text, "[profile.") != 1 {
			t.Errorf("%s: %s", name, text)
		}
		s, _ := mustLoad(t, "main.toml", text)
		if _, there := s.Profiles["my-"+name]; !there {
			t.Errorf("%s is not declared by its table", name)
		}
	}
}
