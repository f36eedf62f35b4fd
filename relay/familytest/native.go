package familytest

import (
	"meterline/relay/codec"
	"meterline/relay/profile"
)

const (
	imei      = "861234567890123"
	phone     = "13912345678"
	equipment = "EXXXX123456789012" // 17 characters, of DSMR 4
)

// Native are the families that need no declaration, with each way in which their modems may be set up.
var Native = map[string]Case{
	"imei":             {Profile: profile.Profile{Kind: profile.IMEI}, ID: imei},
	"imei, answered":   {Profile: profile.Profile{Kind: profile.IMEI, Answer: Template("hi {id}")}, ID: imei},
	"imei, beating":    {Profile: profile.Profile{Kind: profile.IMEI, Heartbeats: logged}, ID: imei, Beats: InBursts, BeatsBetween: Everywhere},
	"irz":              {Profile: profile.Profile{Kind: profile.IRZ}, Name: "irz", ID: imei, Beats: Everywhere, BeatsBetween: Everywhere},
	"irz-plain":        {Profile: profile.Profile{Kind: profile.IRZ}, Name: "irz-plain", ID: "8612345678901234", Beats: InBursts, BeatsBetween: Everywhere},
	"teleofis":         {Profile: profile.Profile{Kind: profile.Teleofis}, ID: imei},
	"four-faith":       {Profile: profile.Profile{Kind: profile.FourFaith}, ID: phone, Beats: Everywhere, BeatsBetween: Everywhere},
	"four-faith by ID": {Profile: profile.Profile{Kind: profile.FourFaith}, ID: "abfdfe01", Beats: Everywhere, BeatsBetween: Everywhere},
	"ddp":              {Profile: profile.Profile{Kind: profile.DDP}, ID: phone, Beats: Everywhere, BeatsBetween: Everywhere},
	"ddp-apart":        {Profile: profile.Profile{Kind: profile.DDP}, Name: "ddp-apart", ID: phone, MeterFirst: true, Beats: Everywhere, BeatsBetween: Everywhere},
	"ddp-behind":       {Profile: profile.Profile{Kind: profile.DDP}, Name: "ddp-behind", ID: phone, MeterFirst: true, Beats: Everywhere, BeatsBetween: Everywhere},
	"dlms-push":        {Profile: profile.Profile{Kind: profile.DLMSPush}, ID: "KA6P005039021110", Beats: AfterPause, BeatsBetween: AfterPause},
	"dlms-push, DSMR":  {Profile: profile.Profile{Kind: profile.DLMSPush}, ID: equipment, Beats: AfterPause, BeatsBetween: AfterPause},
	"mercury228":       {Profile: profile.Profile{Kind: profile.Mercury228}},
	"address":          {Profile: profile.Profile{Kind: profile.Address}, ID: "127.0.0.1"},
	"address, beating": {Profile: profile.Profile{Kind: profile.Address, Heartbeats: logged}, ID: "127.0.0.1", Beats: InBursts, BeatsBetween: Everywhere},
	"direct":           {Profile: profile.Profile{Kind: profile.Direct}},
}

var logged = []codec.Heartbeat{{Bytes: Template("LOG"), Answer: Template("ok")}}
