package dialup

import (
	"strings"
	"testing"
	"time"

	"meterline/vport/hayes"
)

// dialled returns what an emulated modem makes of a number.
func dialled(t *testing.T, number string) hayes.Dial {
	t.Helper()
	out := hayes.New(hayes.Config{}, nil).FromDTE([]byte("ATD"+number+"\r"), time.Unix(0, 0))
	if len(out.Actions) != 1 {
		t.Fatalf("%q dials %v", number, out.Actions)
	}
	return out.Actions[0].(hayes.Dial)
}

func TestNumbering(t *testing.T) {
	n := Numbering{Country: "7", Trunk: "8", Rewrite: []Rewrite{{"0", ""}, {"00", "+"}, {"#", "8495"}}}
	for number, want := range map[string]string{
		"+79180001122": "79180001122", "89180001122": "89180001122 79180001122 789180001122", "9180001122": "9180001122 79180001122",
		"12": "12 712", "0012": "12", "012": "12 712", "#1234567": "84951234567 74951234567 784951234567", "": "", "*21#": "*21# 7*21#",
		"T+7 (918) 000-11-22": "79180001122",
	} {
		if got := strings.Join(n.forms(dialled(t, number)), " "); got != want {
			t.Errorf("%s stands for %s, want %s", number, got, want)
		}
	}
	if got := (Numbering{}).forms(dialled(t, "8918")); len(got) != 1 || got[0] != "8918" {
		t.Errorf("without numbering: %v", got)
	}
}

// Prefixes of exchanges and services. The 9 of an outside line is followed by a pause, that of a mobile number is not.
func TestOutsideLine(t *testing.T) {
	for number, want := range map[string]string{
		"9,89180001122": "89180001122", "9W89180001122": "89180001122", "T9,,8(918)000-11-22": "89180001122", ",9,89180001122": "89180001122",
		"9,+79180001122": "+79180001122", "9 , 12": "12",
		"9180001122": "9180001122", "9189,12": "918912", "89,12": "8912",
		"*70,89180001122": "89180001122", "*70W 9,12": "912", "*7012": "*7012", "*67,12": "12", "*6712": "12", "*67 9,12": "912",
		"0W0,12": "+12", "00,12": "00,12",
	} {
		n := Numbering{Rewrite: []Rewrite{{"9,", ""}, {"*70,", ""}, {"*67", ""}, {"0,0,", "+"}}}
		if got := n.rewritten(dialled(t, number)); got != strings.ReplaceAll(want, ",", "") {
			t.Errorf("%s stands for %s, want %s", number, got, want)
		}
	}
}
