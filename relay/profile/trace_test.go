package profile

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// traced is a trace in short: what, and bytes or text.
func traced(steps []Step) []string {
	var all []string
	for _, s := range steps {
		if s.What != Sends {
			all = append(all, strings.TrimSpace(s.At.String()+" "+string(s.What)+" "+string(s.Bytes)+s.Text))
		}
	}
	return all
}

func TestTrace(t *testing.T) {
	asked := declares(Profile{Greeting: tmpl("WHO?"), Registration: tmpl("{id};{signal};"), Answer: tmpl("HI {id} {date:hh:mm:ss}")})
	for name, c := range map[string]struct {
		p    Profile
		ids  []string
		in   []string
		want []string
	}{
		"silence":              {asked, nil, nil, []string{"0s we send WHO?"}},
		"a part":               {asked, nil, []string{"10"}, []string{"0s we send WHO?", "1s more is needed", "1s more is needed it has not registered yet"}},
		"too late":             {asked, nil, slices.Repeat([]string{"1"}, 11), append(append([]string{"0s we send WHO?"}, waits(10)...), "10s refused unfinished registration")},
		"a stranger":           {asked, []string{"7"}, []string{"8;1;"}, []string{"0s we send WHO?", "1s registration 8;1;", "1s identity 8", "1s tells signal 1", "1s refused unknown id"}},
		"a scanner":            {Profile{Kind: IMEI}, nil, []string{"GET / HTTP"}, []string{"1s refused scanner: HTTP"}},
		"a garbled scanner":    {asked, nil, []string{";\x03\x00"}, []string{"0s we send WHO?", "1s more is needed", "1s more is needed it has not registered yet"}},
		"asked and answered":   {asked, []string{"7"}, []string{"7;1;ab"}, []string{"0s we send WHO?", "1s registration 7;1;", "1s identity 7", "1s tells signal 1", "1s we send HI 7 05:06:08", "1s data ab"}},
		"digits, then silence": {Profile{Kind: IMEI}, []string{"11111111111111", "111111111111112"}, []string{"11111111111111"}, []string{"1s more is needed or silence for 500ms", "1.5s registration 11111111111111", "1.5s identity 11111111111111"}},
		"digits, no silence":   {Profile{Kind: IMEI}, []string{"11111111111111", "111111111111112"}, []string{"11111111111111", "x"}, []string{"1s more is needed or silence for 500ms", "1.5s registration 11111111111111", "1.5s identity 11111111111111", "2s data x"}},
		"by address":           {Profile{Kind: Address}, nil, []string{"ab"}, []string{"1s data ab"}},
		"dropped and held":     {escaped(slip, "PING"), nil, []string{"x\xc0a\xc4", "\xc1\xc2PING"}, []string{"1s data a", "1s dropped 1 byte that fit nowhere", "1s packet header 1 byte", "1s held back 1 byte, until more comes", "2s data \xc0", "2s heartbeat PING", "2s we send !", "2s packet header 2 bytes"}},
		"held and let go":      {zlanByAddress, nil, []string{"\xfa", "\xfa\x01"}, []string{"1s held back 1 byte, until more comes or 200ms have passed", "2s data \xfa", "2s held back 2 bytes, until more comes or 200ms have passed", "2.2s data \xfa\x01"}},
	} {
		t.Run(name, func(t *testing.T) {
			var arrivals []Arrival
			for _, in := range c.in {
				arrivals = append(arrivals, Arrival{[]byte(in), time.Second})
			}
			steps, err := c.p.Trace(arrivals, c.ids, time.Date(2027, 3, 4, 5, 6, 7, 0, time.Local))
			if err != nil {
				t.Fatal(err)
			}
			if got := traced(steps); !slices.Equal(got, c.want) {
				t.Errorf("got\n%q, want\n%q", got, c.want)
			}
		})
	}
	if _, err := (&Profile{Kind: "telepathy"}).Trace(nil, nil, time.Now()); err == nil {
		t.Error("a profile that is none is traced")
	}
	if _, err := asked.Trace([]Arrival{{Bytes: make([]byte, maxTraceSize+1)}}, nil, time.Now()); err == nil {
		t.Error("too much is traced")
	}
}

var zlanByAddress = declares(Profile{Packet: tmpl("hex:FA 01 01")})

// waits are the seconds of a registration that does not get further.
func waits(n int) []string {
	var all []string
	for i := range n {
		all = append(all, (time.Duration(i+1)*time.Second).String()+" more is needed")
	}
	return all
}

// FuzzTrace: all that comes has come to something, for every kind that there is.
func FuzzTrace(f *testing.F) {
	f.Add([]byte("356938035643809\r\nab"), uint8(3), uint16(500))
	f.Add([]byte("AT$IMEI=861234567890123,PSW=5492,\n"), uint8(200), uint16(0))
	f.Add([]byte("AT$IMEI=861234567890123,COLPROT=1.3,\n"+irzOf(2, irzKeepalive)+irzOf(1, "a")), uint8(40), uint16(1000))
	f.Add([]byte(fourFaithHello+"a\xfd\xed\xfe"), uint8(200), uint16(0))
	f.Add([]byte(ddpCalls+in123+ddpCalls), uint8(10), uint16(10))
	f.Add([]byte("E0012345678901234,\x00\x00\x00\x02"), uint8(21), uint16(400))
	f.Add(appendMercury228(nil, 1, mercurySerial, []byte("ab")), uint8(3), uint16(6000))
	f.Fuzz(func(t *testing.T, in []byte, size uint8, pause uint16) {
		kinds, _ := Kinds()
		profiles := []Profile{zlan, zlanByAddress, escaped(slip, "LOG"), packed(ddpPackets)}
		for _, k := range kinds {
			profiles = append(profiles, Profile{Kind: k})
		}
		for _, p := range profiles {
			var arrivals []Arrival
			for piece := range slices.Chunk(in, int(size)+1) {
				arrivals = append(arrivals, Arrival{piece, time.Duration(pause) * time.Millisecond})
			}
			steps, err := p.Trace(arrivals, nil, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			accountsForAll(t, p, steps)
		}
	})
}
