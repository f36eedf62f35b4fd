package dialup

import (
	"strings"
	"testing"
)

func TestNumbering(t *testing.T) {
	n := Numbering{Country: "7", Trunk: "8", Rewrite: []Rewrite{{"0", ""}, {"00", "+"}, {"#", "8495"}}}
	for number, want := range map[string]string{
		"+79180001122": "79180001122", "89180001122": "89180001122 79180001122 789180001122", "9180001122": "9180001122 79180001122",
		"12": "12 712", "0012": "12", "012": "12 712", "#1234567": "84951234567 74951234567 784951234567", "": "", "*21#": "*21# 7*21#",
	} {
		if got := strings.Join(n.forms(number, false), " "); got != want {
			t.Errorf("%s stands for %s, want %s", number, got, want)
		}
	}
	if got := (Numbering{}).forms("8918", false); len(got) != 1 || got[0] != "8918" {
		t.Errorf("without numbering: %v", got)
	}
}
