package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"meterline/relay/familytest"
	"meterline/relay/profile"
	"meterline/relay/profile/trace"
	"meterline/relay/relaytest"
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

// readyID is an id that a ready profile accepts, empty if it knows modems by their address.
func readyID(t *testing.T, name string) string {
	t.Helper()
	p := readyProfile(t, name)
	if !p.Registers() {
		return ""
	}
	for _, id := range []string{"861234567890131", "13912345691", "1001", "ACDE48001122", "0002341200", "FDFEED01", "12345678"} {
		if p.CheckID(id) == nil {
			return id
		}
	}
	t.Fatalf("no id fits the ready profile %s: add one", name)
	return ""
}

// TestReadyProfiles plays the makers' published bytes, and bytes that differ a little from them, through each ready profile.
func TestReadyProfiles(t *testing.T) {
	const zlan = "\xfa\x07\x13\x02\xfa\x02\x22\x11\x00\x48\xde\xac\xfa\xff"
	const json = `{"csq":17,"iccid":"89860000000000000001","imei":"861234567890131","ver":"1.5.3"}`
	const last = `{"ver":"1.5.3","imei":"861234567890131"}`
	const terminal, accepted = "\x68\x32\x00\x32\x00\x68\xc9\x00\x02\x34\x12\x00\x02\x71\x00\x00\x01\x00\x85\x16", "\x68\x32\x00\x32\x00\x68\x0b\x00\x02\x34\x12\x00\x00\x61\x00\x00\x01\x00\xb5\x16"
	const alive, kept = "\x68\x32\x00\x32\x00\x68\xc9\x00\x02\x34\x12\x00\x02\x7a\x00\x00\x04\x00\x91\x16", "\x68\x32\x00\x32\x00\x68\x0b\x00\x02\x34\x12\x00\x00\x6a\x00\x00\x01\x00\xbe\x16"
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
		"luat, no IMEI":           {"luat", []string{`{"csq":17,"imei":"86123456789013","ver":"1.5.3"}`}, []string{"refused not a registration"}},
		"luat":                    {"luat", []string{json, "861234567890131ab", "ping", "ab"}, []string{"identity 861234567890131", "data ab", "heartbeat ping", "data ab"}},
		"luat, the IMEI last":     {"luat", []string{last + "861234567890131ab"}, []string{"identity 861234567890131", "data ab"}},
		"irz-own, another text":   {"irz-own", []string{"IMEI:861234567890131;ICCID=8970100000000000001;CSQ=17;"}, []string{"refused not a registration"}},
		"irz-own":                 {"irz-own", []string{"IMEI=861234567890131;ICCID=8970100000000000001;CSQ=17;", "\xb5\xbc\xbd\xbe\xbf", "ab"}, []string{"identity 861234567890131", "tells iccid 8970100000000000001", "tells signal 17", "heartbeat \xb5\xbc\xbd\xbe\xbf", "data ab"}},
		"webdyn, no number":       {"webdyn", []string{"ID:;"}, []string{"refused not a registration"}},
		"webdyn":                  {"webdyn", []string{"ID:1001;ab"}, []string{"identity 1001", "data ab"}},
		"qgdw-376, a wrong sum":   {"qgdw-376", []string{terminal[:18] + "\x86\x16"}, []string{"refused registration with a wrong checksum"}},
		"qgdw-376":                {"qgdw-376", []string{terminal, alive, "ab"}, []string{"identity 0002341200", "we send " + accepted, "heartbeat " + alive, "we send " + kept, "data ab"}},
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
				whole := s.What == trace.HoldsBack && strings.HasSuffix(s.Text, "or 50ms have passed") // heartbeats, until it is clear that they are alone
				if !whole && !slices.Contains([]trace.What{trace.Sends, trace.Registers, trace.TakesOff, trace.Waits}, s.What) {
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

// A table stands beside the maker's settings that belong to it, where there is a choice.
func TestReadyTablesTellSettings(t *testing.T) {
	for name, setting := range map[string]string{"luat": "config,0,1,1,0,1,0 ", "irz-own": "IMEI=@01;ICCID=@03;CSQ=@04; ", "webdyn": "ID:1001; ", "qgdw-376": "TCP", "ebyte": "AT+REGMOD=OLCSTM"} {
		if comment, _, _ := strings.Cut(ReadyTable(name), "[profile."); !strings.Contains(comment, setting) {
			t.Errorf("%s: %s", name, comment)
		}
	}
}

// Every ready profile is held to what all families owe.
func TestReadyFamilies(t *testing.T) {
	for _, name := range ReadyNames() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			familytest.Contract(t, familytest.Declares(readyProfile(t, name), readyID(t, name)))
		})
	}
}

// A copied table is a valid configuration.
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

// No ready profile takes a stranger for a modem, and none of its bytes becomes data.
func TestStrangersAndReadyProfiles(t *testing.T) {
	for _, name := range ReadyNames() {
		p := readyProfile(t, name)
		if !p.Registers() {
			continue // its modems are known by the addresses that an exchange allows
		}
		for _, text := range relaytest.Strangers() {
			steps, err := trace.Play(&p, []trace.Arrival{{Bytes: []byte(text), After: time.Second}}, []string{readyID(t, name)}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range steps {
				if s.What == trace.Data || s.What == trace.WeSend {
					t.Errorf("%s: %q came to %s %q", name, text, s.What, s.Bytes)
				}
			}
		}
	}
}
