package frame

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// TestChaos plays impatient programs against slow meters, in virtual time: requests and answers in pieces, late, lost, echoed,
// woken, repeated, given up; programs that leave and come back, other programs, new sessions. Each request says which it is, and
// so does its answer, where no rule looks. From the first byte of a request its program may be given nothing but the answer to
// that request, with the echo in front of it; and where nothing else was outstanding it must be given all of it.
//
// METERLINE_CHAOS=10m plays for so long for each protocol, and a quarter of that wild. METERLINE_CHAOS_SEED begins elsewhere, or plays
// the seed of a failure again.
func TestChaos(t *testing.T) {
	length, seed := chaosLength(t)
	for _, kind := range chaosKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			ops, answered, right := playChaos(t, kind, calm, length, seed)
			if answered < ops/4 || right < ops/20 {
				t.Errorf("only %d of %d requests were answered, %d had to be", answered, ops, right)
			}
		})
		t.Run(kind.name+", wild", func(t *testing.T) {
			t.Parallel()
			playChaos(t, kind, wild, length/4, seed)
		})
	}
}

// playChaos plays one world after the other.
func playChaos(t *testing.T, kind chaosKind, wild int, length time.Duration, seed uint64) (ops, answered, right int) {
	begun, faults := time.Now(), 0
	for n := uint64(0); (n < 24 || time.Since(begun) < length) && faults < 10; n++ {
		w := newChaos(kind, seed+n, wild)
		w.run(300)
		ops, answered, right = ops+w.ops, answered+w.answered, right+w.clean
		if w.fault != "" {
			again := newChaos(kind, seed+n, wild)
			again.logs = true
			again.run(300)
			t.Errorf("METERLINE_CHAOS_SEED=%d, guard %s, echo %v %s: %s\n%s", seed+n, w.l.cfg.Guard, w.echoes, w.l.cfg.Echo, w.fault, bytes.Join(lastOf(again.log, 44), []byte("\n")))
			faults++
		}
	}
	t.Logf("%d requests, %d answered, %d of which had to be, seed %d", ops, answered, right, seed)
	return ops, answered, right
}

// Worlds that have gone wrong once.
func TestChaosAgain(t *testing.T) {
	for _, again := range []struct {
		name string
		wild int
		seed uint64
	}{
		{"modbus", calm, 200001448},     // what was left of a late echo took the front of the next
		{"modbus", calm, 200003916},     // the rest of a request went out although its front was lost
		{"modbus", calm, 200004934},     // the same, behind a request that was given up
		{"modbus", calm, 200006632},     // the rest of a cut message was seen in the front of an odd answer
		{"modbus", calm, 410005243},     // as 200001448
		{"dlms", calm, 100003314},       // a flag was taken for an echo, and those before it for lost
		{"modbus", wild, 600000021},     // the rest of an answer came behind a pause
		{"modbus", wild, 600000024},     // the same, to a repeat
		{"dlms", wild, 410000016},       // the rest of what had been handed over passed as the front of an echo
		{"dlms", wild, 410000235},       // one of two answers to a request and its repeat
		{"iec mode C", calm, 300001088}, // a request that no rule knows came back in pieces, as it had been written
		{"iec mode A", wild, 910000009}, // what continues a cut block also looked like the end of another
		{"iec mode A", wild, 600000031}, // the rest of a block looked like a block without its front
	} {
		kind := chaosKinds[slices.IndexFunc(chaosKinds, func(k chaosKind) bool { return k.name == again.name })]
		w := newChaos(kind, again.seed, again.wild)
		w.run(300)
		if w.fault != "" || w.ops == 0 {
			t.Errorf("%s, METERLINE_CHAOS_SEED=%d: %s after %d requests", again.name, again.seed, w.fault, w.ops)
		}
	}
}

// chaosSeed is where the worlds begin that are played without a seed: the same ones each time, so that two runs of the same program say
// the same. Whoever looks for more gives another seed.
const chaosSeed = uint64(80_000_000)

func chaosLength(t *testing.T) (time.Duration, uint64) {
	length, seed := time.Duration(0), chaosSeed
	if s := os.Getenv("METERLINE_CHAOS"); s != "" {
		var err error
		if length, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
	}
	if s := os.Getenv("METERLINE_CHAOS_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	return length, seed
}

func lastOf(log [][]byte, n int) [][]byte { return log[max(0, len(log)-n):] }
