package relay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meterline/relay/profile"
	"meterline/relay/profile/nearmiss"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// unknownFrom is an unknown caller that came so many seconds after noon.
func unknownFrom(from, id, reason, near string, second int) unknownCaller {
	return unknownCaller{UnknownCaller: UnknownCaller{
		Exchange: "gprs", Peer: from, ID: id, Reason: reason, Near: near, Last: noon.Add(time.Duration(second) * time.Second),
	}}
}

// A scanner of all services, silent visits and rubbish from a carrier's NAT hide none of the modems behind it.
func TestKindsOfOneAddressStandSideBySide(t *testing.T) {
	var u UnknownList
	from := origin(nth(1))
	add := func(kind callerKind, id, reason, near string, second int) int64 {
		return u.add(kind, from, unknownFrom("10.0.0.1", id, reason, near, second))
	}
	add(callerWithID, "1001", profile.RefusedUnknown, "", 0)
	add(callerWithID, "1002", profile.RefusedUnknown, "", 1)
	add(callerStrange, "", profile.RefusedGarbage, "other case", 2)
	for i := range 100 {
		add(callerScanner, "", fmt.Sprint(profile.RefusedScanner, i), "", 10+i)
		add(callerSilent, "", profile.RefusedSilent, "", 10+i)
		add(callerStrange, "", fmt.Sprint("rubbish ", i), "", 10+i)
	}
	if n := add(callerWithID, "1001", profile.RefusedUnknown, "", 200); n != 3 {
		t.Errorf("the third with an id is counted as %d", n)
	}
	var got []string
	for _, c := range u.All(false) {
		got = append(got, strings.TrimSpace(fmt.Sprint(c.ID, " ", c.Reason, " ", c.Near, " ", c.Count)))
	}
	want := []string{
		"1001 unknown id  2", "rubbish 99  1", "scanner: 99  100", "silent  100", "rubbish 98  1", "rubbish 97  1",
		"not a registration other case 1", "1002 unknown id  1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestUnknownCallersOfOneAddressAreBounded(t *testing.T) {
	var u UnknownList
	for i := range 100 {
		u.add(callerWithID, origin(nth(1)), unknownFrom("10.0.0.1", strconv.Itoa(i), profile.RefusedUnknown, "", i))
		u.add(callerStrange, origin(nth(1)), unknownFrom("10.0.0.1", "", profile.RefusedGarbage, strconv.Itoa(i), i))
	}
	var ids, strange []string
	for _, c := range u.All(false) {
		if c.ID != "" {
			ids = append(ids, c.ID)
		} else {
			strange = append(strange, c.Near)
		}
	}
	if len(ids) != callerLimits[callerWithID].each || ids[0] != "99" || ids[31] != "68" {
		t.Errorf("ids %q", ids)
	}
	if diff := cmp.Diff([]string{"99", "98", "97", "96"}, strange); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The whole list is bounded for each kind, so that a thousand scanners push out no modem.
func TestUnknownListIsBounded(t *testing.T) {
	var u UnknownList
	u.add(callerWithID, origin(nth(0)), unknownFrom("10.0.0.0", "1001", profile.RefusedUnknown, "", 0))
	for i := 1; i < 3000; i++ {
		u.add(callerScanner, origin(nth(i)), unknownFrom(nth(i).String(), "", "scanner: TLS", "", i))
		u.add(callerSilent, origin(nth(i)), unknownFrom(nth(i).String(), "", profile.RefusedSilent, "", i))
		u.add(callerStrange, origin(nth(i)), unknownFrom(nth(i).String(), "", profile.RefusedGarbage, "", i))
	}
	counts := make(map[string]int)
	for _, c := range u.All(false) {
		counts[c.Reason]++
	}
	want := map[string]int{"scanner: TLS": 75, profile.RefusedSilent: 75, profile.RefusedGarbage: 150, profile.RefusedUnknown: 1}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for i := range 3000 {
		for j := range 5 {
			u.add(callerWithID, origin(nth(i)), unknownFrom(nth(i).String(), fmt.Sprint(i, j), profile.RefusedUnknown, "", i))
		}
	}
	if all := u.All(false); len(all) > 1000 || len(all) < 990 {
		t.Errorf("%d callers", len(all))
	}
}

// Strangers fill the list with the longest that there is.
func TestUnknownListIsSmall(t *testing.T) {
	before, after := new(runtime.MemStats), new(runtime.MemStats)
	runtime.GC()
	runtime.ReadMemStats(before)
	u := new(UnknownList)
	for kind := range callerKinds {
		for i := range 3 * callerLimits[kind].all {
			c := unknownFrom(nth(i).String(), fmt.Sprintf("%064d", i), profile.RefusedUnknown, fmt.Sprintf("%0200d", i), i)
			c.Bytes, c.raw = make(Hex, maxShown), make([]byte, maxShown)
			u.add(kind, origin(nth(i)), c)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(after)
	if n := len(u.All(false)); n != 1000 {
		t.Errorf("%d callers", n)
	}
	if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); used > 1<<20 {
		t.Errorf("%d bytes", used)
	}
	runtime.KeepAlive(u)
}

// What has been pasted into the configuration is not proposed again.
func TestConfiguredCallersAreForgotten(t *testing.T) {
	var u UnknownList
	for i, id := range []string{"1001", "1002"} {
		c := unknownFrom("10.0.0.1", id, profile.RefusedUnknown, "", i)
		c.Key = "id"
		u.add(callerWithID, origin(nth(1)), c)
		c.Exchange = "gone"
		u.add(callerWithID, origin(nth(1)), c)
	}
	imei := &profile.Profile{Kind: profile.IMEI}
	u.SetDirectory(nearmiss.Directory{nearmiss.NewExchange("gprs", imei, map[string]string{"1002": "tp-2"}), nearmiss.NewExchange("x", imei, map[string]string{"1001": "tp-1"})})
	if all := u.All(false); len(all) != 1 || all[0].ID != "1001" || all[0].Exchange != "gprs" || u.kinds[callerWithID].total != 1 {
		t.Errorf("%+v", all)
	}
}

func TestNoUnknownList(t *testing.T) {
	var nobody *UnknownList
	if n := nobody.add(callerSilent, origin(nth(1)), unknownCaller{}); n != 1 || nobody.near(nearmiss.Call{}) != "" {
		t.Errorf("no list counts %d", n)
	}
}

// One address, whatever ids it makes up, writes few lines into the log, and none in place of another address.
func TestLogOfOneAddressIsBounded(t *testing.T) {
	var log bytes.Buffer
	e := &Exchange{Name: "gprs", Profile: profile.Profile{Kind: profile.IMEI}, Unknown: new(UnknownList), Log: slog.New(slog.NewTextHandler(&log, nil))}
	conn, far := net.Pipe()
	defer conn.Close()
	defer far.Close()
	refuse := func(from int, id string) {
		r := &registrar{exchange: e, conn: conn, addr: nth(from), came: []byte(id)}
		r.refuse(t.Context(), id, profile.RefusedUnknown)
	}
	for i := range 10000 {
		refuse(1, strconv.Itoa(i))
	}
	if n := strings.Count(log.String(), "\n"); n != 14 { // the powers of two up to there
		t.Errorf("%d lines", n)
	}
	refuse(2, "modem")
	if !strings.Contains(log.String(), "id=modem") {
		t.Error("another address is not logged")
	}
	if all := e.Unknown.All(false); len(all) != callerLimits[callerWithID].each+1 || e.Counts()[profile.RefusedUnknown] != 10001 {
		t.Errorf("%d callers, counts %v", len(all), e.Counts())
	}
}

// Digits without an end are an IMEI once it is configured, also of a modem that does not wait to be refused.
func TestDigitsOfAModemThatHangsUp(t *testing.T) {
	o := open(t, &Exchange{Profile: profile.Profile{Kind: profile.IMEI}}, testID)
	for _, says := range []string{"490154203237518", "4901"} {
		if err := o.call(t, says).Close(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "both are on record", func() bool { return len(o.Unknown.All(false)) == 2 })
	for _, c := range o.Unknown.All(false) {
		if whole := len(c.Bytes) == 15; c.Reason != refusedHungUp || (c.Key == "id") != whole || (c.ID == "490154203237518") != whole {
			t.Errorf("%+v", c)
		}
	}
}

func TestShownIDs(t *testing.T) {
	for id, want := range map[string]string{
		"": "", "abc": "abc", `a"b\c`: `a"b\c`, "a\x00": "", "é": "", "\xff": "",
		strings.Repeat("x", 64): strings.Repeat("x", 64), strings.Repeat("x", 65): strings.Repeat("x", 64) + "…",
	} {
		got, key := shown(id, "id")
		if got != want || (key == "id") != (got == id) {
			t.Errorf("%q: %q, %q", id, got, key)
		}
	}
}

func TestHex(t *testing.T) {
	c := UnknownCaller{Bytes: Hex("{\x01\xff")}
	text, err := json.Marshal(c)
	if err != nil || !strings.Contains(string(text), `"hex":"7b 01 ff"`) {
		t.Errorf("%s, %v", text, err)
	}
	var back UnknownCaller
	if err := json.Unmarshal(text, &back); err != nil || string(back.Bytes) != "{\x01\xff" {
		t.Errorf("%q, %v", back.Bytes, err)
	}
	if got := c.Bytes.Text(); got != "{.." {
		t.Errorf("text %q", got)
	}
	if err := new(Hex).UnmarshalText([]byte("7")); err == nil {
		t.Error("half a byte")
	}
}

// What modems and strangers say is remembered with what it nearly was, and without credentials.
func TestCallersAreRemembered(t *testing.T) {
	irz := profile.Profile{Name: "irz", Kind: profile.IRZ}
	login := profile.Profile{Name: "dtu", Kind: profile.Declared, Registration: tmpl("LOGIN:{id}\r\n")}
	directory := nearmiss.Directory{
		nearmiss.NewExchange("gprs", &login, map[string]string{"1001": "tp-7"}),
		nearmiss.NewExchange("irz", &irz, map[string]string{"861234567890123": "tp-299"}),
	}
	o := open(t, &Exchange{Profile: login}, "1001")
	o.Unknown.SetDirectory(directory)
	for i, c := range []struct {
		says string
		want UnknownCaller
	}{
		{"GET / HTTP/1.1\r\n\r\n", UnknownCaller{Reason: "scanner: HTTP"}},
		{"login:1001\r\n", UnknownCaller{Reason: profile.RefusedGarbage, Near: "other case: in the profile's it would be tp-7"}},
		{"LOGIN:2002\r\n", UnknownCaller{Reason: profile.RefusedUnknown, ID: "2002", Key: "id"}},
		{
			"AT$IMEI=861234567890123,PSW=5492,LOG=me,\n",
			UnknownCaller{Reason: profile.RefusedGarbage, Near: "tp-299, configured at exchange irz", Masked: true, Bytes: Hex("AT$IMEI=861234567890123,PSW=****,LOG=**,\n")},
		},
	} {
		_, _ = o.refuse(t, c.says)
		eventually(t, "it is on record", func() bool { return len(o.Unknown.All(false)) == i+1 })
		got, raw := o.Unknown.All(false)[0], o.Unknown.All(true)[0]
		if c.want.Bytes == nil {
			c.want.Bytes = Hex(c.says)
		}
		c.want.Exchange, c.want.Profile, c.want.Peer, c.want.Count = "gprs", "dtu", "127.0.0.1", 1
		c.want.Size, c.want.Text, c.want.First, c.want.Last = len(c.says), c.want.Bytes.Text(), got.First, got.Last
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: -want +got:\n%s", c.says, diff)
		}
		if string(raw.Bytes) != c.says || raw.Masked {
			t.Errorf("raw: %q, masked %v", raw.Bytes, raw.Masked)
		}
	}
	any := open(t, &Exchange{Profile: profile.Profile{Name: "any", Kind: profile.Declared, Registration: tmpl("{id}\n")}})
	_, _ = any.refuse(t, "AT$IMEI=861234567890123,PSW=5492,\n")
	eventually(t, "it is on record", func() bool { return len(any.Unknown.All(false)) == 1 })
	if got := any.Unknown.All(false)[0]; got.ID != "AT$IMEI=861234567890123,PSW=****," || got.Key != "" {
		t.Errorf("an id with a credential in it: %q, %q", got.ID, got.Key)
	}
	o.stop()
	any.stop()
	if log := o.log.String() + any.log.String(); strings.Contains(log, "5492") || !strings.Contains(log, `near="tp-299, configured at exchange irz"`) {
		t.Errorf("log: %s", log)
	}
}
