package bridge

import (
	"strings"
	"testing"
)

// A name means a modem by itself, or by a port's name, path or device; that of dial-up ports the first one that has a call.
func TestFind(t *testing.T) {
	cfg := telephones()
	cfg.Modems[0].Name, cfg.Ports[0].Modem = "m", "m"
	inBubble(t, cfg, func(r *rig) {
		r.callIn()
		for name, want := range map[string]string{"/p": "", "m": "", "nobody": `"nobody"`, "": `""`, "/t1": "has no call", "phones": "has no call"} {
			if err := r.Find(name); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%q: %v, want %q", name, err, want)
			}
		}
		g := r.open("/t2")
		r.wantAnswer(g, "ATD12", connected)
		for _, name := range []string{"/t2", "phones"} {
			m, at, err := r.find(name)
			if err != nil || m != r.modem() || at != "/t2" {
				t.Errorf("%q is %v at %q, %v", name, m, at, err)
			}
		}
	})
}
