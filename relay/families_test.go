package relay

import (
	"strings"
	"testing"
)

// What stands in the same segment as a registration is data, or a heartbeat.
func TestDataBehindARegistration(t *testing.T) {
	for name, c := range map[string]struct {
		kind     Kind
		id, says string
	}{
		"irz":        {IRZ, "861234567890123", irzLine + irzOf(2, irzKeepalive) + irzOf(1, "data")},
		"irz plain":  {IRZ, "861234567890123", strings.Replace(irzLine, "COLPROT=1.3,", "", 1) + "data"},
		"teleofis":   {Teleofis, "861234567890123", teleofisOf(1, nil) + "data"},
		"four-faith": {FourFaith, "78563412", fourFaithHello + "\xFEdata"},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, &Exchange{Profile: Profile{Kind: c.kind}}, c.id)
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
	for _, kind := range []Kind{IRZ, Teleofis, FourFaith} {
		o := open(t, &Exchange{Profile: Profile{Kind: kind}}, "861234567890123")
		o.call(t, "GET / HTTP/1.1\r\n\r\n")
		eventually(t, "the scanner is refused", func() bool { return o.Counts()[refusedScanner+"HTTP"] == 1 })
		o.stop()
	}
}
