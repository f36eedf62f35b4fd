package profile

import "testing"

func TestMaskSecrets(t *testing.T) {
	var p Profile
	for came, want := range map[string]string{
		"":                                  "",
		"LOG":                               "LOG",
		"LOGIN:1001\r\n":                    "LOGIN:1001\r\n",
		"PSW=,TYP=ATM":                      "PSW=,TYP=ATM",
		"PSW":                               "PSW",
		"AT$IMEI=1,PSW=5492,TYP=ATM,\n":     "AT$IMEI=1,PSW=****,TYP=ATM,\n",
		"AT$IMEI=1,PSW=54":                  "AT$IMEI=1,PSW=**",
		"AT$PSW=a b\r\ndata":                "AT$PSW=***\r\ndata",
		"psw = 54;2,LOG=\xff\x00x,Log= me,": "psw = ****,LOG=***,Log= **,",
		"PSW=1,PSW=22":                      "PSW=*,PSW=**",
	} {
		before := string([]byte(came))
		masked, any := p.MaskSecrets([]byte(came))
		if string(masked) != want || any != (came != want) || came != before {
			t.Errorf("%q: %q, %v; want %q", came, masked, any, want)
		}
	}
}

// A watcher sees a caller's bytes as they come: none of a credential may show before its end is known.
func TestMaskSecretsOfPieces(t *testing.T) {
	const came, want = "AT$IMEI=1,PSW=5492,LOG=me\r\nPSW=x", "AT$IMEI=1,PSW=****,LOG=**\r\nPSW=*"
	var p Profile
	for n := range len(came) + 1 {
		if masked, _ := p.MaskSecrets([]byte(came[:n])); string(masked) != want[:n] {
			t.Errorf("after %d bytes: %q, want %q", n, masked, want[:n])
		}
	}
}
