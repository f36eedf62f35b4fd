package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"meterline/cmd/meterline/config/table"
	"meterline/relay/codec"
	"meterline/relay/profile"
	"meterline/relay/wire"
)

// DeclaredProfile is a checked profile and the table it comes from.
type DeclaredProfile struct {
	table  *table.Table
	Config profile.Profile
}

// profileKeys are the keys of a family of modems, in the order in which config.example.toml explains them.
var profileKeys = table.Keys[profile.Profile]{
	{
		Name: "registration", Form: template(func(p *profile.Profile) *wire.Template { return &p.Registration }), Otherwise: "known by its address",
		Doc: "What the modem sends first, with its identity as `{id}`. One whose checksum is wrong is refused.",
	}, {
		Name: "id_pattern", Form: table.Text("regular expression", func(p *profile.Profile) *string { return &p.IDPattern }), Otherwise: "any that the format allows",
		Doc: "What the whole identity must match.",
	}, {
		Name: "id_format", Form: table.Func("`ascii`, `hex`, `hex-reversed` or `bcd`", func(t *table.Table, key string, p *profile.Profile) {
			p.IDFormat = wire.IDFormat(wordOr(t, key, "ascii"))
		}), Otherwise: "ascii",
		Doc: "How the identity is sent: as text, as raw bytes, as raw bytes from the last, or two digits in a byte.",
	}, {
		Name: "greeting", Form: template(func(p *profile.Profile) *wire.Template { return &p.Greeting }), Otherwise: "nothing",
		Doc: "Sent as soon as the modem has connected, for those that wait to be asked.",
	}, {
		Name: "answer", Form: template(func(p *profile.Profile) *wire.Template { return &p.Answer }), Otherwise: "nothing",
		Doc: "Sent when the modem is accepted. It may repeat what stood in the registration's places, and have a checksum.",
	}, {
		Name: "registration_timeout", Form: table.Duration(time.Second, time.Minute, func(p *profile.Profile) *time.Duration { return &p.RegistrationTimeout }),
		Otherwise: table.ShortDuration(profile.DefaultRegistrationTimeout),
		Doc:       "Time that a caller has to register. The exchange's own time comes first.",
	}, {
		Name: "registration_max", Form: table.Number(1, 4096, func(p *profile.Profile) *int { return &p.RegistrationMax }), Otherwise: strconv.Itoa(profile.MaxRegistration),
		Doc: "Bytes that a registration may have.",
	}, {
		Name: "repeat", Form: table.Func("`once`, `every-packet` or `both`", func(t *table.Table, key string, p *profile.Profile) {
			p.Repeat = profile.Repeat(wordOr(t, key, "once"))
		}), Otherwise: "once",
		Doc: "Whether the registration comes when the modem has connected, before every packet, or both. With `packet_in`, `every-packet` means that it is the beginning of each packet.",
	}, {
		Name: "packet", Form: template(func(p *profile.Profile) *wire.Template { return &p.Packet }),
		Doc: "What stands before every packet and is not the registration.",
	}, {
		Name: "heartbeats", Form: table.Func("bytes or `{ bytes = …, answer = … }`, or several", func(t *table.Table, key string, p *profile.Profile) {
			p.Heartbeats = heartbeats(t, key)
		}),
		Doc: "What the modem sends to keep its line. It is taken out and answered: with the modem's `protocol` wherever no message is under way, else where nothing else stands behind a pause.",
	}, {
		Name: "heartbeat_anywhere", Form: table.Flag(func(p *profile.Profile) *bool { return &p.HeartbeatAnywhere }), Default: "false",
		Doc: "Without `protocol`, heartbeats are taken out wherever bytes begin or end to come, too: the meters never send them.",
	}, {
		Name: "escape", Form: table.Func("table such as `{ \"hex:C0\" = \"hex:DB DC\" }`", readEscape),
		Doc: "Bytes that are sent in another form, both ways.",
	}, {
		Name: "frame_start", Form: frameByte(func(p *profile.Profile) *[]byte { return &p.Escape.Start }),
		Doc: "What frames begin with. What stands between frames is dropped and counted.",
	}, {
		Name: "frame_end", Form: frameByte(func(p *profile.Profile) *[]byte { return &p.Escape.End }),
		Doc: "What frames end with.",
	}, {
		Name: "packet_in", Form: template(func(p *profile.Profile) *wire.Template { return &p.Framing.In }),
		Doc: "Packets from the modem that tell their length, as `{length:2}` or `{length:2:le}`. One whose checksum is wrong is dropped.",
	}, {
		Name: "packet_out", Form: template(func(p *profile.Profile) *wire.Template { return &p.Framing.Out }), Otherwise: "sent as it is",
		Doc: "Packets to the modem. They may repeat what came, count as `{counter:1}`, and have a checksum.",
	}, {
		Name: "length_counts", Form: table.Text("`data`, `packet` or `rest`", func(p *profile.Profile) *codec.Counts { return &p.Framing.Counts }), Otherwise: "data",
		Doc: "What the length counts: the data, all of the packet, or what follows the length.",
	}, {
		Name: "packet_max", Form: table.Number(1, 65535, func(p *profile.Profile) *int { return &p.PacketMax }), Otherwise: "1024",
		Doc: "Most bytes of a meter in one packet that is sent.",
	}, {
		Name: "source", Form: table.Text("text", func(p *profile.Profile) *string { return &p.Source }),
		Doc: "Where these bytes are known from.",
	}, {
		Name: "note", Form: table.FreeText(func(p *profile.Profile) *string { return &p.Note }), Doc: "Free text.",
	}, {
		Name: "id_length", Refused: table.Flawf(`write it in the registration, like "{id:11}" for 11 bytes`, "there is no such key any more"),
	},
}

// profile checks one declared family of modems.
func (c *checker) profile(t *table.Table) {
	if f := c.reserved(t.Name); f != nil {
		t.Refuse(f)
		return
	}
	p := profile.Profile{Name: t.Name, Kind: profile.Declared}
	profileKeys.Read(t, &p)
	if c.ready != nil {
		p.Source, p.Note = "", "" // kept of ready profiles alone, which profile show prints
	}
	checkByProfile(t, p)
	c.profiles[t.Name] = &DeclaredProfile{t, p}
}

// reserved refuses the names of built-in and ready profiles.
func (c *checker) reserved(name string) *table.Flaw {
	natives, _ := profile.Kinds()
	if slices.Contains(natives, profile.Kind(name)) {
		return table.Flawf("give yours another name", "this profile is built in")
	}
	if _, there := c.ready[name]; there {
		return table.Flawf(fmt.Sprintf("give yours another name, like [profile.my-%s]", name), "there is a ready profile of that name, see meterline profile show %s", name)
	}
	return nil
}

// wordOr is a text that package profile checks. The default becomes "", so that profiles with and without it are equal.
func wordOr(t *table.Table, key, usual string) string {
	s := t.Text(key)
	if s == usual {
		return ""
	}
	return s
}

// checkByProfile reports what package profile finds wrong, each fault at its key. It leaves out keys that have a fault
// already, and what may follow from those.
func checkByProfile(t *table.Table, p profile.Profile) {
	if t.Wrong("packet", "packet_in", "packet_out", "escape", "frame_start", "frame_end", "repeat") {
		return
	}
	if t.Wrong("registration") {
		p.Registration = wire.Template{{Name: "id", Length: 1}, {Literal: []byte("\n")}} // any good one will do for the other checks
	}
	var faults []*profile.Error
	for _, f := range profileFaults(p.Validate()) {
		if !t.Wrong(f.Key) {
			faults = append(faults, f)
		}
	}
	for _, f := range faults {
		if f.Key == "" {
			t.Refuse(&table.Flaw{What: f.Text})
		} else {
			t.Fault(f.Key, &table.Flaw{What: f.Text})
		}
	}
}

// profileFaults splits joined faults.
func profileFaults(err error) []*profile.Error {
	var all []*profile.Error
	for _, one := range table.Joined(err) {
		if f, ok := errors.AsType[*profile.Error](one); ok {
			all = append(all, f)
		}
	}
	return all
}

// idFlaw is what is wrong with a modem's id under a profile.
func idFlaw(p profile.Profile, id string) *table.Flaw {
	switch {
	case rounded(id):
		return table.Flawf("give the column the format text in the spreadsheet, and type the id again", "%q was rounded by a spreadsheet", id)
	case strings.TrimSpace(id) != id:
		return table.Flawf(fmt.Sprintf("write %q", strings.TrimSpace(id)), "%q has spaces around it", id)
	}
	err := p.CheckID(id)
	if err == nil {
		return nil
	}
	if wrong, is := errors.AsType[*wire.NotationError](err); is {
		return &table.Flaw{What: wrong.What, Hint: wrong.Hint}
	}
	if p.Kind == profile.IMEI {
		return table.Flawf("write the 14 to 16 digits of the IMEI", "%q is no IMEI", id)
	}
	return table.Flawf("write it as these modems send it", "%q: %v", id, err)
}

// CheckID reports what is wrong with a modem's id under a profile and what to write instead, nil if it is well written.
func CheckID(p profile.Profile, id string) error { return idFlaw(p, id).Err() }
