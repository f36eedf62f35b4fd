package profile

import "meterline/relay/wire"

// CheckDigit returns the digit that ends the IMEI of 15 digits with the first 14 of id (3GPP TS 23.003, annex B). It returns false
// where id has not 15 digits.
func CheckDigit(id string) (digit byte, ok bool) {
	if len(id) != 15 || !wire.Digits([]byte(id)) {
		return 0, false
	}
	sum := 0
	for i := range 14 {
		d := int(id[i] - '0')
		if i%2 == 1 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return byte('0' + (10-sum%10)%10), true
}

// IMEIs reports whether modems of this profile are known by their IMEI, as far as the profile says so.
func (p *Profile) IMEIs() bool {
	switch p.Kind {
	case IMEI, IRZ, Teleofis:
		return true
	}
	return p.IDPattern == "[0-9]{15}" || p.IDPattern == `\d{15}`
}
