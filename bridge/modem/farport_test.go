package modem

import (
	"fmt"
	"slices"
	"testing"

	"meterline/relay"
	"meterline/vport"
)

// However often programs come and go while the far end takes nothing, it is set once, to what the last of them wants.
func TestSettingsDoNotGather(t *testing.T) {
	o := &sendQueue{}
	f := new(farPort)
	o.draining = true // by somebody who gets nowhere
	for i := range 1000 {
		f.queueSettings(o, vport.Settings{Speed: 300 * (1 + i), DataBits: 7 * (i % 2)})
	}
	o.backlog = append(o.backlog, 'x')
	f.queueSettings(o, vport.Settings{Speed: 9600})
	o.perform(betweenBytes{do: func(*relay.Session) error { return nil }})
	f.queueSettings(o, vport.Settings{Speed: 9600})
	var got []string
	for _, a := range o.between {
		got = append(got, fmt.Sprint(a.behind, " ", a.want))
	}
	if want := []string{"0 300000 7??", "1 9600 ???", "1 ? ???", "1 9600 ???"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
