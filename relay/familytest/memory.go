package familytest

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"meterline/relay/profile"
)

// mostKept is how many bytes a parser or a codec may keep, whatever comes, in reads of 4 KiB. The longest things that are held whole
// have 4 KiB: a registration, a packet with a checksum. What comes is held behind them, taken apart into a second buffer, and buffers
// that grow are larger than what is in them. With 5,000 modems that is 160 MB at the very worst.
const mostKept = 32 << 10

// floods are bytes that come for ever, as what is repeated: noise, and the beginnings of everything that the modem says.
func (c *Case) floods(t testing.TB) map[string][]byte {
	t.Helper()
	modem, said, _ := c.online(t)
	wire, beat := bytes.Clone(modem.Put(answer)), bytes.Clone(modem.Beat())
	random := rand.New(rand.NewPCG(9, 9))
	noise := make([]byte, 4096)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	all := map[string][]byte{"zeros": {0}, "FF": {0xFF}, "digits": []byte("1"), "text": []byte("meter"), "lines": []byte("ab\r\n"), "noise": noise}
	for name, p := range map[string][]byte{"registrations": said, "answers": wire, "heartbeats": beat} {
		if len(p) > 0 {
			all[name] = p
		}
		if len(p) > 1 {
			all[name+" cut short"] = p[:len(p)-1]
		}
	}
	if bytes.Equal(wire, answer) {
		return all
	}
	for i := range wire { // lengths among them
		p := bytes.Clone(wire)
		copy(p[i:], "\xFF\xFF")
		all[fmt.Sprintf("answers with byte %d altered", i)] = p
		all[fmt.Sprintf("an answer with byte %d altered, and zeros", i)] = append(p, make([]byte, mostKept)...)
	}
	return all
}

// testMemory: a caller that sends for ever is refused before long, and a codec that never understands what comes keeps little of it.
func (c *Case) testMemory(t *testing.T) {
	for name, p := range c.floods(t) {
		endless := bytes.Repeat(p, 2*mostKept/len(p)+1)[:2*mostKept]
		if c.Profile.Registers() {
			c.testEndlessCaller(t, name, endless)
		}
		for _, idle := range []time.Duration{0, pause} {
			if idle > 0 && strings.Contains(name, "altered") {
				break // enough of them
			}
			_, _, v := c.online(t)
			coder := c.Profile.NewCodec(&v, nil)
			if coder == nil {
				return
			}
			for rest := endless; len(rest) > 0; rest = rest[4096:] {
				var d decoded
				release(coder, idle, &d)
				_ = coder.Decode(rest[:4096], idle)
				if n := kept(coder); n > mostKept {
					t.Errorf("%s, %v apart: after %d bytes the codec keeps %d", name, idle, len(endless)-len(rest), n)
					break
				}
			}
		}
	}
}

// testEndlessCaller: it is understood or refused within the profile's limit, and keeps no more than that.
func (c *Case) testEndlessCaller(t *testing.T, name string, endless []byte) {
	t.Helper()
	limit := cmp.Or(c.Profile.RegistrationMax, profile.MaxRegistration)
	for _, n := range []int{1, 100, 4096} {
		reg, err := c.Profile.NewRegistration(c.ids())
		if err != nil {
			t.Fatal(err)
		}
		var v profile.Verdict
		fed := 0
		for ; fed <= limit && !v.Done && v.Refused == ""; fed += n {
			v = reg.Feed(endless[fed : fed+n])
		}
		if !v.Done && v.Refused == "" {
			t.Errorf("%s, in pieces of %d: nothing is decided after %d bytes", name, n, fed)
		}
		if size := kept(reg); size > mostKept {
			t.Errorf("%s, in pieces of %d: the parser keeps %d bytes", name, n, size)
		}
	}
}

// kept returns how many bytes of buffers and lists v leads to.
func kept(v any) int { return keptBy(reflect.ValueOf(v), make(map[uintptr]bool)) }

func keptBy(v reflect.Value, seen map[uintptr]bool) (n int) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !seen[v.Pointer()] {
			seen[v.Pointer()] = true
			n = keptBy(v.Elem(), seen)
		}
	case reflect.Interface:
		n = keptBy(v.Elem(), seen)
	case reflect.Struct:
		for _, field := range v.Fields() {
			n += keptBy(field, seen)
		}
	case reflect.Slice:
		n = v.Cap() * int(v.Type().Elem().Size())
		for i := range v.Len() {
			if v.Type().Elem().Kind() == reflect.Uint8 {
				break
			}
			n += keptBy(v.Index(i), seen)
		}
	case reflect.Array:
		for i := range v.Len() {
			if v.Type().Elem().Kind() == reflect.Uint8 {
				break
			}
			n += keptBy(v.Index(i), seen)
		}
	case reflect.Map:
		for i := v.MapRange(); i.Next(); {
			n += keptBy(i.Key(), seen) + keptBy(i.Value(), seen)
		}
	case reflect.String:
		n = v.Len()
	default: // a number
	}
	return n
}
