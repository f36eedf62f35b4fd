package frame

import (
	"strings"
	"testing"
	"time"
)

func TestConfigFaults(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want []string
	}{
		{Config{Protocol: "dlms"}, []string{`protocol "dlms" is not known`, `"dlms-hdlc"`}},
		{Config{Protocol: Modbus, Guard: "yes"}, []string{`guard "yes" is not known`}},
		{Config{Guard: On}, []string{`guard "on" needs a protocol`}},
		{Config{Protocol: Gap, Guard: Strict}, []string{`guard "strict" needs a protocol`}},
		{Config{Protocol: Gap, Hold: -1}, []string{"hold is -1ns"}},
		{Config{Protocol: Gap, Hold: 1}, []string{"hold is 1ns"}},
		{Config{Protocol: Gap, Hold: time.Hour}, []string{"hold is 1h0m0s"}},
		{Config{Protocol: Gap, Gap: time.Minute}, []string{"gap is 1m0s"}},
		{Config{Protocol: Modbus, AnswerMax: time.Hour}, []string{"answer_max is 1h0m0s"}},
		{Config{Parity: "8e1"}, []string{"nine bits", `write "8n1"`, "8E1"}},
		{Config{Parity: "8O2"}, []string{"nine bits", "8O2"}},
		{Config{Parity: "7E1"}, []string{`write "7e1"`}},
		{Config{Parity: "8N1"}, []string{`write "8n1"`}},
		{Config{Parity: "8n2"}, []string{`write "8n1"`}},
		{Config{Parity: "7n1"}, []string{`"7n2"`}},
		{Config{Parity: "even"}, []string{"not known", `"7e1"`}},
		{Config{FixedSpeed: 9600}, []string{"fixed_speed is for protocol"}},
		{Config{Protocol: IEC, FixedSpeed: 38400}, []string{"fixed_speed is 38400", "19200"}},
		{Config{Protocol: "x", Guard: "y", Hold: -1, Parity: "z"}, []string{`"x"`, `"y"`, "hold", `"z"`}},
	} {
		err := c.cfg.Validate()
		if err == nil {
			t.Errorf("%+v is taken", c.cfg)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %q does not say %q", c.cfg, err, want)
			}
		}
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		cfg   Config
		plain bool
	}{
		{Config{}, true},
		{Config{Protocol: None, Guard: Off, Parity: "8n1", Hold: time.Second}, true},
		{Config{Parity: "7e1"}, false},
		{Config{Protocol: Gap}, false},
		{Config{Protocol: IEC, FixedSpeed: 300, Parity: "7n2", Guard: Strict}, false},
		{Config{Protocol: HDLC, Guard: Off, AnswerMax: time.Minute}, false},
	} {
		if err := c.cfg.Validate(); err != nil {
			t.Errorf("%+v: %v", c.cfg, err)
		}
		if plain := c.cfg.Plain(); plain != c.plain {
			t.Errorf("%+v is plain: %v", c.cfg, plain)
		}
	}
}
