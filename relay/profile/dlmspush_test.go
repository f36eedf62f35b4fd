package profile

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"meterline/relay/codec"
	"meterline/relay/wire"
)

const equipment = "EXXXX123456789012"

// Pushes as head-end systems' decoders document them; the MX382's were logged.
const (
	textAlarm    = equipment + ",\x00\x00\x00\x02"
	textSchedule = equipment + ",\x00\x00\x0f\x00\x04\xff"
	textSMS      = equipment + ",\x00\x00\x02\x03\x00\xff"
	textUnknown  = equipment + ",\x00\x00\x60\x01\x02\xff"
	smr5Schedule = "\x00\x01\x00\x67\x00\x66\x00\x23\x0f\x00\x00\x00\x01\x00\x02\x02\x09\x11" + equipment + "\x09\x06\x00\x00\x19\x09\x00\xff"
	smr5Alarm    = "\x00\x01\x00\x67\x00\x66\x00\x28\x0f\x00\x00\x00\x01\x00\x02\x03\x09\x11" + equipment + "\x09\x06\x00\x01\x19\x09\x00\xff\x06\x00\x00\x00\x02"
	mx382Alarm   = "000100670066002ac2090c07e70706040a362600ff888000018080808080000209104b413650303035303339303231313130"
	mx382WakeUp  = "000100670066002ac2090c07e70a19030b122900ff888000010000600101ff0209104b414c37303035303838313136373132"
)

// wrapped puts a notification into its wrapper.
func wrapped(body string) string {
	return "\x00\x01\x00\x67\x00\x66" + string([]byte{byte(len(body) >> 8), byte(len(body))}) + body
}

func TestDLMSPushRegistration(t *testing.T) {
	bad, more := outcome{verdict: RefusedGarbage}, outcome{verdict: "more"}
	wait := outcome{verdict: "more", wait: pushQuiet}
	ok := func(data string) outcome { return outcome{verdict: "registered", id: equipment, data: data} }
	check(t, &Profile{Kind: DLMSPush}, nil, map[string]registrationCase{
		"a space in the id":            {"EXXXX 123456789012,", bad},
		"no comma":                     {equipment + ".", bad},
		"a longer id":                  {equipment + "3,", bad},
		"another version":              {"\x00\x02\x00\x67", bad},
		"an answer in a wrapper":       {"\x00\x01\x00\x67\x00\x66\x00\x05\x61", bad},
		"an empty wrapper":             {"\x00\x01\x00\x67\x00\x66\x00\x00", bad},
		"a long wrapper":               {"\x00\x01\x00\x67\x00\x66\x01\xf9", bad},
		"no structure":                 {wrapped("\x0f\x00\x00\x00\x01\x00\x01\x02\x09\x11" + equipment), bad},
		"no identifier":                {wrapped("\x0f\x00\x00\x00\x01\x00\x02\x02\x06\x00\x00\x00\x02"), bad},
		"an empty identifier":          {wrapped("\x0f\x00\x00\x00\x01\x00\x02\x01\x09\x00"), bad},
		"a binary identifier":          {wrapped("\x0f\x00\x00\x00\x01\x00\x02\x01\x09\x02\x00\x01"), bad},
		"an identifier that is cut":    {wrapped("\x0f\x00\x00\x00\x01\x00\x02\x02\x09\x12" + equipment), bad},
		"a time that is cut":           {wrapped("\x0f\x00\x00\x00\x01\xff\x02\x02\x09\x11" + equipment), bad},
		"an event without identifier":  {wrapped("\xc2\x00\x00\x01\x80\x80\x80\x80\x80\x00\x02"), bad},
		"an event with another time":   {wrapped("\xc2\x05\x00\x01\x80\x80\x80\x80\x80\x00\x02\x09\x01x"), bad},
		"nothing":                      {"", more},
		"the id":                       {equipment, more},
		"three bytes of an alarm":      {textAlarm[:21], more},
		"a wrapper but its last byte":  {smr5Alarm[:len(smr5Alarm)-1], more},
		"an alarm, perhaps":            {textAlarm, wait},
		"an unknown name, perhaps":     {textUnknown, wait},
		"an alarm and a byte, perhaps": {textAlarm + "x", wait},
		"an alarm and data":            {textAlarm + "xy", ok("xy")},
		"an unknown name and data":     {textUnknown + "x", ok("\x02\xffx")}, // rather an alarm
		"a known name":                 {textSchedule, ok("")},
		"a known name and data":        {textSMS + "data", ok("data")},
		"a schedule's push":            {smr5Schedule, ok("")},
		"an alarm and data at once":    {smr5Alarm + "data", ok("data")},
		"a time":                       {wrapped("\x0f\x00\x00\x00\x01\x0c123456789012\x02\x01\x09\x11" + equipment), ok("")},
		"an event without a time":      {wrapped("\xc2\x00\x00\x01\x80\x80\x80\x80\x80\x00\x02\x09\x11" + equipment), ok("")},
		"an event with a time":         {wrapped("\xc2\x01\x0c123456789012\x00\x01\x80\x80\x80\x80\x80\x00\x02\x09\x11" + equipment), ok("")},
		"a logged event":               {string(unhex(t, mx382Alarm)), outcome{verdict: "registered", id: "KA6P005039021110"}},
		"another logged event":         {string(unhex(t, mx382WakeUp)) + "x", outcome{verdict: "registered", id: "KAL7005088116712", data: "x"}},
	})
}

func TestDLMSPushSilence(t *testing.T) {
	for in, want := range map[string]string{
		equipment:                 "",
		smr5Alarm[:30]:            "",
		textAlarm:                 "alarm: alarm bits 00000002",
		textAlarm + "x":           "alarm: alarm bits 00000002",
		textUnknown:               "push: 0.0.96.1.2.255",
		textUnknown[:23] + "\x00": "alarm: alarm bits 00006001",
	} {
		reg, _ := (&Profile{Kind: DLMSPush}).NewRegistration(nil)
		v := reg.Feed([]byte(in))
		if !v.Done {
			v = reg.Silence()
		}
		got := ""
		if len(v.Events) == 1 {
			got = v.Events[0].Kind + ": " + v.Events[0].Text
		}
		if got != want || v.Done != (want != "") || v.Done && in != string(v.Events[0].Data)+string(v.Rest) {
			t.Errorf("%q came to %q, %+v", in, got, v)
		}
	}
}

func TestDLMSPushEvents(t *testing.T) {
	for in, want := range map[string]string{
		textAlarm:                               "alarm: alarm bits 00000002",
		textSchedule:                            "push: 0.0.15.0.4.255 (push schedule)",
		textSMS:                                 "push: 0.0.2.3.0.255 (external trigger, SMS)",
		smr5Schedule:                            "push: 0.0.25.9.0.255 (push setup, schedule)",
		smr5Alarm:                               "alarm: 0.1.25.9.0.255 (push setup, alarm), alarm bits 00000002",
		string(unhex(t, mx382Alarm)):            "alarm: 128.128.128.128.128.0 (forwarded alarm, last gasp)",
		string(unhex(t, mx382WakeUp)):           "push: 0.0.96.1.1.255 (device id)",
		equipment + ",\x00\x02\x19\x09\x00\xff": "push: 0.2.25.9.0.255 (push setup 2)",
		equipment + ",\x00\x00\x02\x02\x00\xff": "push: 0.0.2.2.0.255 (external trigger, call)",
		wrapped("\x0f\x00\x00\x00\x01\x00\x02\x04\x09\x11" + equipment + "\x09\x06\x00\x01\x19\x09\x00\xff\x06\x00\x00\x00\x01\x06\x00\x00\x00\x08"): "alarm: 0.1.25.9.0.255 (push setup, alarm), alarm bits 00000001, alarm bits 00000008",
		wrapped("\x0f\x00\x00\x00\x01\x00\x02\x02\x09\x11" + equipment + "\x06\x00\x00\x00\x01"):                                                     "push: ",
		wrapped("\x0f\x00\x00\x00\x01\x00\x02\x7f\x09\x11" + equipment + "\x09\x06\x00\x01\x19\x09\x00\xff\x06\x00"):                                 "push: 0.1.25.9.0.255 (push setup, alarm)",
	} {
		one, m, _ := readPush([]byte(in), true)
		if got := one.event.Kind + ": " + one.event.Text; m != matchYes || got != want || string(one.event.Data) != in {
			t.Errorf("%X is %q, want %q", in, got, want)
		}
	}
}

func TestDLMSPushLater(t *testing.T) {
	const alarm = "alarm: alarm bits 00000002 [455858585831323334353637383930313" + "22C00000002];"
	event := func(s string) string {
		one, _, _ := readPush([]byte(s), true)
		var a takenApart
		a.add(codec.Decoded{Events: []wire.Event{one.event}})
		return a.events
	}
	other := strings.ReplaceAll(smr5Alarm, equipment, "EXXXX123456789013")
	const answer = "\x00\x01\x00\x01\x00\x67\x00\x02\xc4\x01"
	for name, c := range map[string]struct {
		idle   time.Duration
		before string // bytes that the session has had
		in     string
		want   takenApart
	}{
		"no pause":                {0, "x", smr5Alarm, takenApart{data: smr5Alarm}},
		"another's":               {codec.StandsAlone, "x", other, takenApart{data: other}},
		"a part":                  {codec.StandsAlone, "x", smr5Alarm[:20], takenApart{data: smr5Alarm[:20]}},
		"a part of a text":        {codec.StandsAlone, "x", equipment + ",", takenApart{data: equipment + ","}},
		"an answer":               {codec.StandsAlone, "x", answer, takenApart{data: answer}},
		"an answer, and a push":   {codec.StandsAlone, "x", answer + smr5Alarm, takenApart{data: answer + smr5Alarm}},
		"behind a pause":          {codec.StandsAlone, "x", smr5Alarm, takenApart{events: event(smr5Alarm)}},
		"behind the registration": {0, "", smr5Schedule, takenApart{events: event(smr5Schedule)}},
		"a text":                  {codec.StandsAlone, "x", textAlarm, takenApart{events: alarm}},
		"a text, and data":        {codec.StandsAlone, "x", textAlarm + answer, takenApart{data: answer, events: alarm}},
		"two":                     {codec.StandsAlone, "x", textSMS + smr5Alarm, takenApart{events: event(textSMS) + event(smr5Alarm)}},
		"and data behind it":      {codec.StandsAlone, "x", smr5Alarm + answer, takenApart{data: answer, events: event(smr5Alarm)}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, push := range []string{"", PushToProgram} {
				codec := func() codec.Codec {
					v := &Verdict{ID: equipment, Events: []wire.Event{{Data: []byte(textAlarm)}}}
					one := dlmsPushFamily.Codec(&Profile{Push: push}, v, nil)
					if push != "" {
						takeApart(t, one, []byte(textAlarm), 7, 0)
					}
					takeApart(t, one, []byte(c.before), 1, 0)
					return one
				}
				want := c.want
				if push != "" {
					want.data = c.in
				}
				if got := sameTakenApart(t, codec, []byte(c.in), 7, c.idle); got != want {
					t.Errorf("push %q: got  %+v\nwant %+v", push, got, want)
				}
			}
		})
	}
}

func TestDLMSPushHolds(t *testing.T) {
	c := &pushes{id: equipment, boundary: true}
	if d := c.Decode([]byte(equipment[:5]), 0); len(d.Data) > 0 || c.Holding() != pushQuiet {
		t.Errorf("got %+v, held for %v", d, c.Holding())
	}
	if d := c.Release(); string(d.Data) != equipment[:5] || c.Holding() != 0 {
		t.Errorf("got %+v, held for %v", d, c.Holding())
	}
	if d := c.Decode([]byte("ELSE"), codec.StandsAlone); string(d.Data) != "ELSE" || c.Holding() != 0 {
		t.Errorf("what cannot be this meter's push is held: %+v", d)
	}
}

func TestDLMSPushValidate(t *testing.T) {
	for name, c := range map[string]struct {
		profile Profile
		ok      bool
	}{
		"another word": {Profile{Kind: DLMSPush, Push: "both"}, false},
		"another kind": {Profile{Kind: IMEI, Push: PushToProgram}, false},
		"heartbeats":   {Profile{Kind: DDP, Heartbeats: []codec.Heartbeat{{Bytes: tmpl("x")}}}, false},
		"nothing":      {Profile{Kind: DLMSPush}, true},
		"program":      {Profile{Kind: DLMSPush, Push: PushToProgram}, true},
	} {
		if err := c.profile.Validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	for id, ok := range map[string]bool{"": false, "E 1": false, strings.Repeat("1", 128): false, equipment: true} {
		if err := (&Profile{Kind: DLMSPush}).CheckID(id); (err == nil) != ok {
			t.Errorf("id %q: %v", id, err)
		}
	}
}

func FuzzDLMSPushRegistration(f *testing.F) {
	for _, s := range []string{textAlarm, textSchedule + "x", textUnknown + "x", smr5Schedule, smr5Alarm + "x", string(unhex(f, mx382Alarm)), string(unhex(f, mx382WakeUp))} {
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, in []byte, n uint8) {
		p := &Profile{Kind: DLMSPush}
		samePieces(t, p, nil, in, int(n))
		reg, _ := p.NewRegistration(nil)
		if v := reg.Feed(in); v.Done && string(v.Events[0].Data)+string(v.Rest) != string(in) {
			t.Errorf("%q registered with %q, and left %q", in, v.Events[0].Data, v.Rest)
		}
	})
}

// FuzzDLMSPushLater: nothing is missing from what the program gets but the pushes, and those are events.
func FuzzDLMSPushLater(f *testing.F) {
	for _, s := range []string{textAlarm + "x", textSMS + smr5Alarm, "x" + smr5Alarm, smr5Schedule + "\x00\x01", equipment[:9]} {
		f.Add([]byte(s), true, uint8(3))
	}
	f.Fuzz(func(t *testing.T, in []byte, pause bool, n uint8) {
		idle := time.Duration(0)
		if pause {
			idle = codec.StandsAlone
		}
		for _, toProgram := range []bool{false, true} {
			codec := func() codec.Codec { return &pushes{id: equipment, toProgram: toProgram} }
			if got := sameTakenApart(t, codec, in, int(n), idle); toProgram && got.data != string(in) {
				t.Errorf("%q became %q", in, got.data)
			}
		}
		c := &pushes{id: equipment}
		d := c.Decode(in, idle)
		data, events := bytes.Clone(d.Data), d.Events
		d = c.Release()
		data, events = append(data, d.Data...), append(events, d.Events...)
		var whole []byte
		for _, e := range events {
			whole = append(whole, e.Data...)
		}
		if whole = append(whole, data...); !bytes.Equal(whole, in) {
			t.Errorf("%q became events and data %q", in, whole)
		}
	})
}
