package control

import (
	"strings"
	"testing"

	"meterline/bridge/status"
	"meterline/cmd/meterline/control/controltest"
)

func TestStatusOfSomeNames(t *testing.T) {
	st := controltest.Status()
	if _, err := Select(st, []string{"boiler", "boilr"}); err == nil || !strings.Contains(err.Error(), `"boilr"`) {
		t.Errorf("an unknown name: %v", err)
	}
	for _, c := range []struct {
		names []string
		ports []string
	}{
		{nil, []string{"boiler", "substation", "second", "phones", "phones", "off"}},
		{[]string{"boiler"}, []string{"boiler", "second"}},
		{[]string{"/dev/ttyAMR2"}, []string{"second"}},
		{[]string{"/dev/pts/7"}, []string{"boiler"}},
		{[]string{"s*"}, []string{"substation", "second", "phones"}},
		{[]string{"/run/meterline/*"}, []string{"boiler", "substation", "phones", "phones", "off"}},
		{[]string{"off", "boiler"}, []string{"boiler", "second", "off"}},
	} {
		got, err := Select(st, c.names)
		if err != nil {
			t.Errorf("%q: %v", c.names, err)
		}
		var names []string
		for _, p := range got.Ports {
			names = append(names, p.Name)
		}
		if strings.Join(names, " ") != strings.Join(c.ports, " ") {
			t.Errorf("%q: ports %q, want %q", c.names, names, c.ports)
		}
	}
}

func TestRelativePathMeansThePort(t *testing.T) {
	t.Chdir("/")
	st := status.Status{Ports: []status.Port{{Name: "x", Path: FullName("./ports/x"), Modem: "m"}}}
	if _, err := Select(st, []string{"./ports/x"}); err != nil {
		t.Error(err)
	}
	if got := FullName("tcp://host:1"); got != "tcp://host:1" {
		t.Errorf("an address became %q", got)
	}
}
