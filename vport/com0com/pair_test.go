package com0com_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meterline/vport/com0com"
)

// listed is what setupc prints.
const listed = "\r\n       CNCA0 PortName=COM12,EmuBR=yes,dcd=rout1,ri=rout2\r\n" +
	"       CNCB0 PortName=-,EmuOverrun=yes,dsr=ropen\r\n" +
	"       CNCA7 PortName=COM#,RealPortName=COM14,PlugInMode=yes\r\n       CNCB7 PortName=COM114\r\n" +
	"command> list\r\nCNCAx PortName=COM1\r\nCNCA-1 PortName=COM2\r\nCNCB99999999999999999999 PortName=COM3\r\n"

func TestFromList(t *testing.T) {
	want := []com0com.Pair{
		{
			Number: 0,
			A:      com0com.End{ID: "CNCA0", Name: "COM12", Params: map[string]string{"emubr": "yes", "dcd": "rout1", "ri": "rout2"}},
			B:      com0com.End{ID: "CNCB0", Name: "CNCB0", Params: map[string]string{"emuoverrun": "yes", "dsr": "ropen"}},
		},
		{
			Number: 7,
			A:      com0com.End{ID: "CNCA7", Name: "COM14", Params: map[string]string{"pluginmode": "yes"}},
			B:      com0com.End{ID: "CNCB7", Name: "COM114"},
		},
	}
	if diff := cmp.Diff(want, com0com.FromList(listed)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOther(t *testing.T) {
	pairs := com0com.FromList(listed)
	for _, c := range []struct{ name, want string }{
		{"com12", "CNCB0"}, {"CNCB0", "COM12"}, {"COM14", "COM114"}, {"COM114", "COM14"}, {"COM1", ""},
	} {
		if got, there := com0com.Other(pairs, c.name); got.Name != c.want || there != (c.want != "") {
			t.Errorf("%s: %q, want %q", c.name, got.Name, c.want)
		}
	}
}

func TestOurs(t *testing.T) {
	pairs := com0com.FromList(listed)
	for _, c := range []struct {
		port, named, want string
		err               error
	}{
		{"COM12", "", "CNCB0", nil},
		{"COM12", "cncb0", "CNCB0", nil},
		{"COM12", "CNCB12", "", com0com.ErrMispairs},
		{"COM14", "CNCB0", "", com0com.ErrMispairs},
		{"COM0", "", "", com0com.ErrNoPair}, // by convention CNCB0, which is wired to COM12
		{"COM5", "COM114", "", com0com.ErrNoPair},
		{"COM5", "", "CNCB5", nil},
		{"COM5", "MTL5", "MTL5", nil},
	} {
		if got, err := com0com.Ours(pairs, c.port, c.named); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s, %q: %q, %v, want %q, %v", c.port, c.named, got, err, c.want, c.err)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		name       string
		com, valid bool
		ours       string
	}{
		{"COM12", true, true, "CNCB12"}, {"com1", true, true, "CNCB1"}, {"COM0", false, true, "CNCB0"}, {"COM07", false, true, "CNCB07"},
		{"COM", false, true, ""}, {"COM100000", false, true, "CNCB100000"}, {"CNCB12", false, true, ""}, {"", false, false, ""},
		{"-", false, false, ""}, {"A,B", false, false, ""}, {"A B", false, false, ""}, {"ABCDEFGHIJKLM", false, false, ""}, {`\\.\COM1`, false, false, ""},
	} {
		if com, valid := com0com.IsCOM(c.name), com0com.IsName(c.name); com != c.com || valid != c.valid {
			t.Errorf("%q: COM %v, a name %v", c.name, com, valid)
		}
		if ours := com0com.ByConvention(c.name); ours != c.ours {
			t.Errorf("%q: our end %q, want %q", c.name, ours, c.ours)
		}
	}
}

func TestRegistry(t *testing.T) {
	text := com0com.ListLine("CNCA3", map[string]string{"PortName": "COM12"}, map[string]uint32{
		"EmuBR": 0xFFFFFFFF, "PlugInMode": 0, "dcd": 4, "ri": 8, "dsr": 0x80000080, "cts": 0x40000000,
	}) + "\n" + com0com.ListLine("CNCB3", nil, map[string]uint32{"EmuOverrun": 1})
	want := "CNCA3 PortName=COM12,EmuBR=yes,PlugInMode=no,cts=-,dcd=rout1,dsr=!ropen,ri=rout2\nCNCB3 PortName=-,EmuOverrun=yes"
	if text != want {
		t.Errorf("%q, want %q", text, want)
	}
	pairs := com0com.Merge(com0com.FromList(text), map[string]string{
		`\Device\com0com13`: "COM12", `\Device\com0com23`: "CNCB3", `\Device\Com0Com10`: "COM5", `\Device\Serial0`: "COM1",
		`\Device\com0com`: "x", `\Device\com0com1`: "x", `\Device\com0com35`: "x", `\Device\com0com1x`: "x",
	})
	var got []string
	for _, p := range pairs {
		for _, e := range []com0com.End{p.A, p.B} {
			got = append(got, e.ID+"="+e.Name)
			if e.Live {
				got = append(got, "live")
			}
		}
	}
	if have := strings.Join(got, " "); have != "CNCA0=COM5 live CNCB0=CNCB0 CNCA3=COM12 live CNCB3=CNCB3 live" {
		t.Error(have)
	}
}

func TestCommands(t *testing.T) {
	got := com0com.InstallCommands([]com0com.Wish{{Name: "COM12"}, {Name: "COM13", Ours: "COM113"}})
	want := []string{
		"setupc --silent --no-update install PortName=COM12,PlugInMode=no,EmuBR=yes,dcd=rout1,ri=rout2 PlugInMode=no,EmuOverrun=yes,dsr=ropen",
		"setupc --silent --no-update install PortName=COM13,PlugInMode=no,EmuBR=yes,dcd=rout1,ri=rout2 PortName=COM113,PlugInMode=no,EmuOverrun=yes,dsr=ropen",
		"setupc --silent update",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := com0com.InstallCommands(nil); got != nil {
		t.Errorf("%q for nothing", got)
	}
	if got := com0com.RemoveCommands(com0com.FromList(listed)); !slices.Equal(got, []string{"setupc --silent remove 0", "setupc --silent remove 7"}) {
		t.Errorf("%q", got)
	}
}

func TestAmend(t *testing.T) {
	pairs := com0com.FromList(listed)
	if wrong, commands := pairs[0].Amend("COM12"); wrong != nil || commands != nil {
		t.Errorf("%q, %q for a good pair", wrong, commands)
	}
	_, commands := pairs[1].Amend("COM14")
	want := []string{
		"setupc --silent change CNCA7 PlugInMode=no,EmuBR=yes,dcd=rout1,ri=rout2",
		"setupc --silent change CNCB7 EmuOverrun=yes,dsr=ropen",
	}
	if diff := cmp.Diff(want, commands); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// What was made with our settings has nothing amiss, from either side.
	made := strings.NewReplacer("setupc --silent --no-update install ", "CNCA1 ", " PlugInMode", "\nCNCB1 PlugInMode").
		Replace(com0com.InstallCommands([]com0com.Wish{{Name: "COM12"}})[0])
	if wrong, _ := com0com.FromList(made)[0].Amend("COM12"); wrong != nil {
		t.Errorf("%q is amiss in %q", wrong, made)
	}
}

func FuzzFromList(f *testing.F) {
	f.Add(listed)
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range com0com.FromList(text) {
			if p.Number < 0 || p.A.Name == "" || p.B.Name == "" {
				t.Errorf("%+v", p)
			}
			p.Amend(p.A.Name)
		}
	})
}
