package profile

import "testing"

func TestCheckDigit(t *testing.T) {
	for id, want := range map[string]byte{
		"": 0, "49015420323751": 0, "4901542032375181": 0, "49015420323751x": 0,
		"490154203237518": '8', "490154203237510": '8', "356938035643809": '9', "000000000000000": '0', "352099001761481": '1',
	} {
		if digit, ok := CheckDigit(id); digit != want || ok != (want != 0) {
			t.Errorf("%s: %q, %v, want %q", id, digit, ok, want)
		}
	}
}

func TestIMEIs(t *testing.T) {
	for want, profiles := range map[bool][]Profile{
		true:  {{Kind: IMEI}, {Kind: IRZ}, {Kind: Teleofis}, {Kind: Declared, IDPattern: "[0-9]{15}"}},
		false: {{Kind: FourFaith}, {Kind: DDP}, {Kind: Address}, {Kind: Declared}, {Kind: Declared, IDPattern: "[0-9]{4}"}},
	} {
		for _, p := range profiles {
			if p.IMEIs() != want {
				t.Errorf("%s %s: %v", p.Kind, p.IDPattern, !want)
			}
		}
	}
}
