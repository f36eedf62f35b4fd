package config

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"meterline/bridge/fallback"
	"meterline/cmd/meterline/config/table"
	"meterline/relay/usb"
	"meterline/relay/usb/at"
)

// usbKeys are the keys of a plugged-in modem, in the order in which config.example.toml explains them. It has limits by
// default, so that a dead meter does not cost a month's money in a night.
var usbKeys = join(
	table.In(selectorKeys, func(u *fallback.Config) *usb.Selector { return &u.Select }),
	table.Keys[fallback.Config]{
		{
			Name: "speed", Form: table.Number(300, 4_000_000, func(u *fallback.Config) *int { return &u.Speed }), Otherwise: "115200",
			Doc: "Bits a second on a serial cable.",
		}, {
			Name: "rtscts", Form: table.Flag(func(u *fallback.Config) *bool { return &u.RTSCTS }), Default: "false",
			Doc: "Whether the cable has RTS and CTS.",
		},
	},
	table.In(drivingKeys, func(u *fallback.Config) *at.Config { return &u.AT }),
	table.Keys[fallback.Config]{
		{
			Name: "may", Form: table.Func("some of `wake`, `sms` and `call`", readMay), Default: "wake, sms, call",
			Doc: "What it may do: missed calls, text messages, data calls.",
		}, {
			Name: "minutes_a_day", Form: minutes(func(u *fallback.Config) *time.Duration { return &u.DayTime }), Default: "300",
			Doc: "Minutes of data calls in a day, of all modems. 0 is without a limit.",
		}, {
			Name: "calls_a_day", Form: table.Number(0, 100_000, func(u *fallback.Config) *int { return &u.DayCalls }), Default: "200",
			Doc: "Calls and wake-ups in a day, of all modems. 0 is without a limit.",
		}, {
			Name: "modem_minutes_a_day", Form: minutes(func(u *fallback.Config) *time.Duration { return &u.ModemDayTime }), Default: "60",
			Doc: "Minutes of data calls in a day, of each modem. 0 is without a limit.",
		}, {
			Name: "modem_calls_a_day", Form: table.Number(0, 100_000, func(u *fallback.Config) *int { return &u.ModemCalls }), Default: "20",
			Doc: "Calls and wake-ups in a day, of each modem. 0 is without a limit.",
		}, {
			Name: "hours", Form: table.Func("hours such as `06:00-22:00`", readHours), Otherwise: "all",
			Doc: "Hours of the day in which it may be used, by this machine's clock.",
		}, {
			Name: "note", Form: table.FreeText[fallback.Config](nil), Doc: "Free text.",
		},
	})

// selectorKeys say which device is meant.
var selectorKeys = table.Keys[usb.Selector]{
	{
		Name: "usb", Form: table.Func("`VID:PID` in hexadecimal", func(t *table.Table, key string, s *usb.Selector) {
			s.ID = strings.ToLower(t.Text(key))
		}),
		Doc: "Vendor and product of the device; `meterline usb` lists what is plugged in.",
	}, {
		Name: "serial", Form: table.Text("text", func(s *usb.Selector) *string { return &s.Serial }),
		Doc: "Serial number of the device.",
	}, {
		Name: "product", Form: table.Text("text", func(s *usb.Selector) *string { return &s.Product }),
		Doc: "A part of the product's or maker's name.",
	}, {
		Name: "interface", Form: table.Func("two hexadecimal digits", func(t *table.Table, key string, s *usb.Selector) {
			s.Interface = strings.ToLower(t.Text(key))
		}),
		Doc: "The port of a device with several.",
	}, {
		Name: "path", Form: table.Func("path or COM port", func(t *table.Table, key string, s *usb.Selector) {
			if s.Path = t.Text(key); s.Path != "" && runtime.GOOS != "windows" { // COM5 is no file
				s.Path = absolute(t.Value(key).At.Source, s.Path)
			}
		}),
		Doc: "Serial port of a modem on a cable.",
	},
}

// drivingKeys say how the modem is driven. Package at has the rules, and is asked about one key at a time.
var drivingKeys = table.Keys[at.Config]{
	{
		Name: "pin_file", Form: table.Word[at.Config]("path"), Otherwise: "none",
		Doc: "File with the PIN of the SIM alone, readable for the daemon alone. A PIN that is refused is not tried again.",
	}, {
		Name: "init", Form: table.Func("command line or several", readInit),
		Doc: "Settings to be made, as AT command lines without AT.",
	}, {
		Name: "kind", Form: table.Words([]string{"auto", "cellular", "telephone"}, func(a *at.Config, word string) {
			a.Kind = map[string]at.Kind{"cellular": at.Cellular, "telephone": at.Telephone}[word]
		}), Default: "auto",
		Doc: "What kind of modem it is.",
	}, {
		Name: "bearer", Form: atText("value of AT+CBST, or `-`", `write it like "71,0,1", or "-" for none`, "%q is no value of AT+CBST",
			func(a *at.Config) *string { return &a.Bearer }), Otherwise: "71,0,1",
		Doc: "Bearer of data calls: 9600 bit/s, V.110. `-` sends none.",
	}, {
		Name: "prefix", Form: atText("digits, T, P, W and commas", `write digits, T, P, W and commas, like "9W"`, "%q cannot be dialled",
			func(a *at.Config) *string { return &a.Prefix }), Otherwise: "T (tone dialling) for telephone modems",
		Doc: "What stands before each number, for an outside line.",
	}, {
		Name: "min_signal", Form: table.Number(-113, -51, func(a *at.Config) *int { return &a.MinSignal }), Otherwise: "-111",
		Doc: "The weakest signal, in dBm, with which anything is tried.",
	}, {
		Name: "pin", Refused: table.Flawf(pinHint, "a secret does not stand in a configuration that many read"),
	},
}

// usb checks one modem that is plugged into this machine.
func (c *checker) usb(t *table.Table) fallback.Config {
	u := usbDefaults
	usbKeys.Read(t, &u)
	u.Name = t.Name
	c.checkSelector(t, u.Select)
	u.AT.PIN = c.pin(t)
	c.usbs[t.Name] = u
	return u
}

var usbDefaults = usbKeys.Defaults()

// checkSelector checks that the table means one device, and that no other table means the same.
func (c *checker) checkSelector(t *table.Table, s usb.Selector) {
	switch {
	case t.Wrong("usb", "serial", "product", "interface", "path"):
	case s == usb.Selector{Interface: s.Interface}:
		t.Fault("usb", table.Flawf(`write usb = "12d1:1001" (meterline usb lists what is plugged in), serial or product; or path for a modem on a cable`, "it does not say which device it is"))
	case t.Has("usb") && s.Validate() != nil:
		t.Fault("usb", table.Flawf(`write VID:PID in hexadecimal, like "12d1:1001"`, "%q is no USB device", s.ID))
	default:
		c.claim("usb device", fmt.Sprint(s), t.At, t.Label(), table.Flawf("give each a serial, an interface or a path", "%s means a device that is taken", t.Label()))
	}
}

func readInit(t *table.Table, key string, a *at.Config) {
	for _, one := range t.Texts(key) {
		if (at.Config{Init: []string{one.Text}}).Validate() != nil {
			t.FaultAt(key, one.At, table.Flawf(`write command lines like ["+COPS=0", "S10=20"], each of at most 120 characters`, "%q holds more than settings", one.Text))
			continue
		}
		a.Init = append(a.Init, one.Text)
	}
}

// atText is a text that package at has rules for.
func atText(text, hint, what string, field func(*at.Config) *string) table.Form[at.Config] {
	return table.Func(text, func(t *table.Table, key string, a *at.Config) {
		var alone at.Config
		*field(&alone) = t.Text(key)
		if alone.Validate() != nil {
			t.Fault(key, table.Flawf(hint, what, *field(&alone)))
		}
		*field(a) = *field(&alone)
	})
}

// pinHint is what to do with a PIN in place of writing it into the configuration.
const pinHint = `write it alone into a file that only meterline can read, and pin_file = "/etc/meterline/gsm1.pin"`

// pin reads the SIM's PIN from its file. No fault or warning contains it.
func (c *checker) pin(t *table.Table) string {
	pin, path := c.fileAlone(t, "pin_file", pinHint)
	if path == "" {
		return ""
	}
	if pin == "" || (at.Config{PIN: pin}).Validate() != nil {
		t.Fault("pin_file", table.Flawf("write the PIN alone into it, four to eight digits", "%s has no PIN in it", path))
		return ""
	}
	return pin
}

// minutes is a form of minutes in a day. 0 is without a limit.
func minutes(field func(*fallback.Config) *time.Duration) table.Form[fallback.Config] {
	const most = 24 * 60
	return table.Func(fmt.Sprintf("0 to %d", most), func(t *table.Table, key string, u *fallback.Config) {
		if n, ok := t.Number(key, 0, most); ok {
			*field(u) = time.Duration(n) * time.Minute
		}
	})
}

// readMay reads what the modem may do.
func readMay(t *table.Table, key string, u *fallback.Config) {
	u.Wakes, u.SMS, u.Calls = false, false, false
	may := map[string]*bool{"wake": &u.Wakes, "call": &u.Calls, "sms": &u.SMS}
	for _, one := range t.Texts(key) {
		if field := may[one.Text]; field != nil {
			*field = true
			continue
		}
		t.FaultAt(key, one.At, table.Flawf(`write some of "wake", "call", "sms"`, "%q is unknown", one.Text))
	}
}

// readHours reads the times of the day between which the modem may be used. Both are 0 where it always may.
func readHours(t *table.Table, key string, u *fallback.Config) {
	s := t.Text(key)
	if s == "" {
		return
	}
	first, last, _ := strings.Cut(strings.ReplaceAll(s, " ", ""), "-")
	from, fromOK := timeOfDay(first)
	to, toOK := timeOfDay(last)
	switch {
	case !fromOK || !toOK || from == day:
		t.Fault(key, table.Flawf(`write it like "06:00-22:00", or "22:00-06:00" for the night`, "%q are no hours of a day", s))
	case from == to:
		t.Fault(key, table.Flawf("leave it out for the whole day", "%q: it ends when it begins", s))
	default:
		u.From, u.To = from, to
	}
}

// timeOfDay is the time since midnight; 24:00 is the end of a day.
func timeOfDay(s string) (since time.Duration, ok bool) {
	if s == "24:00" {
		return day, true
	}
	at, err := time.Parse("15:04", s)
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, err == nil
}
