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
	m, o := &Modem{}, newOutlet(nil)
	o.draining = true // by somebody who gets nowhere
	for i := range 1000 {
		m.enqueueSettings(o, vport.Settings{Speed: 300 * (1 + i), DataBits: 7 * (i % 2)})
	}
	o.backlog = append(o.backlog, 'x')
	m.enqueueSettings(o, vport.Settings{Speed: 9600})
	m.enqueue(o, func(*relay.Session) error { return nil })
	m.enqueueSettings(o, vport.Settings{Speed: 9600})
	var got []string
	for _, a := range o.asides {
		got = append(got, fmt.Sprint(a.behind, " ", a.want))
	}
	if want := []string{"0 300000 7??", "1 9600 ???", "1 ? ???", "1 9600 ???"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
