package modem

import "testing"

func TestTakeover(t *testing.T) {
	for _, c := range []struct {
		policy    Takeover
		old, next string
		ok        bool
	}{
		{TakeoverNever, "10.0.0.1:5", "10.0.0.1:5", false},
		{TakeoverSameAddress, "10.0.0.1:5", "10.0.0.2:5", false},
		{TakeoverSameAddress, "10.0.0.1:5", "10.0.0.1:6", true},
		{TakeoverSameAddress, "[2001:db8::1]:5", "[2001:db8::2]:5", false},
		{TakeoverSamePrefix, "10.0.0.1:5", "10.0.1.1:5", false},
		{TakeoverSamePrefix, "10.0.0.1:5", "10.0.0.200:5", true},
		{TakeoverSamePrefix, "[2001:db8::1]:5", "[2001:db8::ffff:2]:5", true},
		{TakeoverSamePrefix, "[2001:db8::1]:5", "10.0.0.1:5", false},
		{TakeoverSameAddress, "[::ffff:10.0.0.1]:5", "10.0.0.1:6", true},
		{TakeoverNewest, "10.0.0.1:5", "11.0.0.1:5", true},
		{"", "10.0.0.1:5", "11.0.0.1:5", true},
	} {
		if err := c.policy.check(c.old, c.next); (err == nil) != c.ok {
			t.Errorf("takeover %q, %s then %s: %v", c.policy, c.old, c.next, err)
		}
	}
}
