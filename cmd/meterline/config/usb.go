package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"time"

	"meterline/bridge/fallback"
	"meterline/relay/usb"
	"meterline/relay/usb/at"
)

// What a plugged-in modem may do, as its table says it.
const (
	usbWake = "wake" // missed calls
	usbCall = "call" // data calls
	usbSMS  = "sms"
)

// Limits of a plugged-in modem that says nothing of them, so that a dead meter does not cost a month's money in a night.
const (
	usualMinutes, usualCalls           = 300, 200
	usualModemMinutes, usualModemCalls = 60, 20
)

// usb checks one modem that is plugged into this machine.
func (c *checker) usb(t *section) fallback.Config {
	u := fallback.Config{
		Name:         t.name,
		Select:       c.usbSelect(t),
		Speed:        t.number("speed", 0, 300, 4_000_000),
		RTSCTS:       t.flag("rtscts"),
		AT:           c.driving(t),
		DayTime:      t.minutes("minutes_a_day", usualMinutes),
		DayCalls:     t.number("calls_a_day", usualCalls, 0, 100_000),
		ModemDayTime: t.minutes("modem_minutes_a_day", usualModemMinutes),
		ModemCalls:   t.number("modem_calls_a_day", usualModemCalls, 0, 100_000),
	}
	u.From, u.To = t.hours("hours")
	t.may(&u)
	t.note()
	c.usbs[t.name] = u
	return u
}

// usbSelect is which device is meant.
func (c *checker) usbSelect(t *section) usb.Selector {
	s := usb.Selector{
		ID: strings.ToLower(t.text("usb")), Serial: t.text("serial"), Product: t.text("product"), Interface: strings.ToLower(t.text("interface")),
		Path: t.text("path"),
	}
	if s.Path != "" && runtime.GOOS != "windows" { // COM5 is no file
		s.Path = absolute(t.keys["path"].at.src, s.Path)
	}
	_, hasID := t.keys["usb"]
	switch bare := s; {
	case t.anyWrong():
	case bare == usb.Selector{Interface: s.Interface}:
		t.fault("usb", flawf(`write usb = "12d1:1001" (meterline usb lists what is plugged in), serial or product; or path for a modem on a cable`, "it does not say which device it is"))
	case hasID && s.Validate() != nil:
		t.fault("usb", flawf(`write VID:PID in hexadecimal, like "12d1:1001"`, "%q is no USB device", s.ID))
	default:
		c.claim("usb device", fmt.Sprint(s), t.at, t.label(), flawf("give each a serial, an interface or a path", "%s means a device that is taken", t.label()))
	}
	return s
}

// driving reads how the modem is driven. Package at has the rules, and is asked one key at a time.
func (c *checker) driving(t *section) at.Config {
	var a at.Config
	a.Kind = map[string]at.Kind{"cellular": at.Cellular, "telephone": at.Telephone}[t.choice("kind", "auto", "cellular", "telephone")]
	a.PIN = c.pin(t)
	for _, one := range t.texts("init") {
		if (at.Config{Init: []string{one.text}}).Validate() != nil {
			t.faultAt("init", one.at, flawf(`write command lines like ["+COPS=0", "S10=20"], each of at most 120 characters`, "%q holds more than settings", one.text))
			continue
		}
		a.Init = append(a.Init, one.text)
	}
	if a.Bearer = t.text("bearer"); (at.Config{Bearer: a.Bearer}).Validate() != nil {
		t.fault("bearer", flawf(`write it like "71,0,1", or "-" for none`, "%q is no value of AT+CBST", a.Bearer))
	}
	if a.Prefix = t.text("prefix"); (at.Config{Prefix: a.Prefix}).Validate() != nil {
		t.fault("prefix", flawf(`write digits, T, P, W and commas, like "9W"`, "%q cannot be dialled", a.Prefix))
	}
	a.MinSignal = t.number("min_signal", 0, -113, -51)
	return a
}

// pin reads the SIM's PIN from its file. Nothing that is said of it has it in it.
func (c *checker) pin(t *section) string {
	path := t.text("pin_file")
	if path == "" {
		return ""
	}
	if len(path) <= 8 && strings.Trim(path, "0123456789") == "" {
		t.fault("pin_file", flawf(secretKeys["usb"]["pin"], "the path of a file is wanted, not the PIN itself"))
		return ""
	}
	full := absolute(t.keys["pin_file"].at.src, path)
	text, err := c.load.read(full)
	if err != nil {
		if inner, ok := errors.AsType[*fs.PathError](err); ok {
			err = inner.Err
		}
		t.fault("pin_file", flawf("make it readable for this user", "read %s: %v", path, err))
		return ""
	}
	pin := strings.TrimSpace(string(text))
	if pin == "" || (at.Config{PIN: pin}).Validate() != nil {
		t.fault("pin_file", flawf("write the PIN alone into it, four to eight digits", "%s has no PIN in it", path))
		return ""
	}
	if info, err := os.Stat(full); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o007 != 0 {
		c.found.warn(t.place("pin_file"), "%s pin_file: everybody can read the PIN: chmod 0600 %s", t.label(), path)
	}
	return pin
}

// minutes is how long data calls may take in a day, 0: without a limit.
func (t *section) minutes(key string, usual int) time.Duration {
	return time.Duration(t.number(key, usual, 0, 24*60)) * time.Minute
}

// may reads what the modem may do.
func (t *section) may(u *fallback.Config) {
	if !t.given("may") {
		u.Wakes, u.SMS, u.Calls = true, true, true
		return
	}
	for _, one := range t.texts("may") {
		switch one.text {
		case usbWake:
			u.Wakes = true
		case usbCall:
			u.Calls = true
		case usbSMS:
			u.SMS = true
		default:
			t.faultAt("may", one.at, flawf("write some of "+quotedList([]string{usbWake, usbCall, usbSMS}), "%q is unknown", one.text))
		}
	}
}

// hours are the times of the day between which the modem may be used; both 0: always.
func (t *section) hours(key string) (from, to time.Duration) {
	s := t.text(key)
	if s == "" {
		return 0, 0
	}
	first, last, _ := strings.Cut(strings.ReplaceAll(s, " ", ""), "-")
	from, fromOK := timeOfDay(first)
	to, toOK := timeOfDay(last)
	switch {
	case !fromOK || !toOK || from == 24*time.Hour:
		t.fault(key, flawf(`write it like "06:00-22:00", or "22:00-06:00" for the night`, "%q are no hours of a day", s))
	case from == to:
		t.fault(key, flawf("leave it out for the whole day", "%q: it ends when it begins", s))
	default:
		return from, to
	}
	return 0, 0
}

// timeOfDay is the time since midnight; 24:00 is the end of a day.
func timeOfDay(s string) (since time.Duration, ok bool) {
	if s == "24:00" {
		return 24 * time.Hour, true
	}
	at, err := time.Parse("15:04", s)
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, err == nil
}
