package relay

import (
	"strings"
	"testing"

	"meterline/relay/profile"
)

// What stands in the same segment as a registration is data, or a heartbeat.
func TestDataBehindARegistration(t *testing.T) {
	for name, c := range map[string]struct {
		kind     profile.Kind
		id, says string
	}{
		"irz":        {profile.IRZ, "861234567890123", irzLine + irzBeat + irzData},
		"irz plain":  {profile.IRZ, "861234567890123", strings.Replace(irzLine, "COLPROT=1.3,", "", 1) + "data"},
		"teleofis":   {profile.Teleofis, "861234567890123", teleofisHello + "data"},
		"four-faith": {profile.FourFaith, "78563412", fourFaithHello + "\xFEdata"},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, &Exchange{Profile: profile.Profile{Kind: c.kind}}, c.id)
			o.call(t, c.says)
			s := <-o.sessions
			defer s.End(nil)
			if got := collect(t, s, 4); string(got) != "data" {
				t.Errorf("the session yields %q", got)
			}
		})
	}
}

// A scanner is no modem of any family, and is called by its name.
func TestFamiliesKnowScanners(t *testing.T) {
	for _, kind := range []profile.Kind{profile.IRZ, profile.Teleofis, profile.FourFaith} {
		o := open(t, &Exchange{Profile: profile.Profile{Kind: kind}}, "861234567890123")
		o.call(t, "GET / HTTP/1.1\r\n\r\n")
		eventually(t, "the scanner is refused", func() bool { return o.Counts()[profile.RefusedScanner+"HTTP"] == 1 })
		o.stop()
	}
}
