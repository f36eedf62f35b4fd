package relay

import (
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		p    Profile
		want string // part of the error, empty: none
	}{
		"unknown kind":       {Profile{Kind: "telepathy"}, `unknown kind "telepathy"`},
		"no end":             {Profile{Kind: Declared, Prefix: []byte("x")}, "nothing ends the id"},
		"negative length":    {Profile{Kind: Declared, IDLength: -1}, "the id's length is -1"},
		"too long":           {Profile{Kind: Declared, IDLength: 600}, "more than the 512"},
		"a bad pattern":      {Profile{Kind: Declared, IDLength: 6, IDPattern: "["}, "id pattern"},
		"an open pattern":    {Profile{Kind: Declared, IDLength: 6, IDPattern: "a)(b"}, "id pattern"},
		"rules under imei":   {Profile{Kind: IMEI, Prefix: []byte("x")}, "belong to a declared profile"},
		"answer to nothing":  {Profile{Kind: Address, Answer: []byte("x")}, "knows by itself what to answer"},
		"empty heartbeat":    {Profile{Kind: IMEI, Heartbeats: []Heartbeat{{}}}, "heartbeat 1 has 0 bytes"},
		"imei":               {Profile{Kind: IMEI, Answer: []byte("{id}")}, ""},
		"address":            {Profile{Kind: Address}, ""},
		"direct":             {Profile{Kind: Direct, Heartbeats: []Heartbeat{{Bytes: []byte{0xFE}}}}, ""},
		"declared by suffix": {Profile{Kind: Declared, Suffix: []byte("\n")}, ""},
		"declared by length": {Profile{Kind: Declared, IDLength: 8, IDHex: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.p.Validate()
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
