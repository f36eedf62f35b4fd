package frame

import (
	"slices"
	"testing"
)

// From the first byte of another request the answer to the one before is late.
func TestGuardRequestsInPieces(t *testing.T) {
	runScenes(t, []scene{
		{"another request has begun", Config{}, `
			0s write <r1>
			2s write <r2
			2.5s come <r=1>
			2.59s write >
			3s come <r=2>`, `
			0s modem <r1>
			2.5s drop to program, late answer: <r=1>
			2.59s modem <r2>
			3s program <r=2>`},
		{"byte by byte", Config{}, `
			0s write <r1>
			2s write <
			2.05s write r
			2.1s write 2
			2.15s come <r=1>
			2.2s write >
			3s come <r=2>`, `
			0s modem <r1>
			2.15s drop to program, late answer: <r=1>
			2.2s modem <r2>
			3s program <r=2>`},
		{"it may be a repeat: the answer waits for another byte, and is late", Config{}, `
			0s write <r1>
			2s write <r
			2.1s come <r=1>
			2.2s write 2>
			3s come <r=2>`, `
			0s modem <r1>
			2.2s modem <r2>
			2.2s drop to program, late answer: <r=1>
			3s program <r=2>`},
		{"it is a repeat: the answer is its answer", Config{}, `
			0s write <r1>
			2s write <r
			2.1s come <r=1>
			2.2s write 1>`, `
			0s modem <r1>
			2.2s drop to modem, repeat of the request under way: <r1>
			2.2s program <r=1>`},
		{"nothing follows: it is late after a second", Config{}, `
			0s write <r1>
			2s write <r
			2.1s come <r=1>`, `
			0s modem <r1>
			3s drop to program, late answer: <r=1>
			3s modem <r`},
		{"wake-up alone may be the front of a repeat", Config{}, `
			0s write UU<r1>
			2s write UU
			2.1s come <r=1>
			2.2s write <r1>
			4s write UU<r1>
			5s write UU
			5.1s come <r=1>
			5.2s write <r2>`, `
			0s modem UU<r1>
			2s modem UU
			2.2s drop to modem, repeat of the request under way: <r1>
			2.2s program <r=1>
			4s modem UU<r1>
			5s modem UU
			5.2s modem <r2>
			5.2s drop to program, late answer: <r=1>`},
		{"strict: a repeat does not get the first answer, whole or begun", Config{Guard: Strict}, `
			0s write <r1>
			2s write <r
			2.1s come <r=1>
			2.19s write 1>
			3s come <r=1>`, `
			0s modem <r1>
			2.1s drop to program, late answer: <r=1>
			2.19s modem <r1>
			3s program <r=1>`},
		{"half of the answer is here when another request begins", Config{}, `
			0s write <r1>
			1.9s come <r=
			2s write <r2
			2.1s come 1>
			2.19s write >
			3s come <r=2>`, `
			0s modem <r1>
			2.1s drop to program, late answer: <r=1>
			2.19s modem <r2>
			3s program <r=2>`},
		{"half of it has been handed over", Config{}, `
			0s write <r1>
			1s come <r=
			2.1s write <r2
			2.2s come 1>
			2.29s write >
			3s come <r=2>`, `
			0s modem <r1>
			2s program <r=
			2.2s drop to program, late answer: 1>
			2.29s modem <r2>
			3s program <r=2>`},
		{"numbered: the program does not look at the number", Config{}, `
			0s write <r1#1>
			2s write <r2#
			2.05s come <r=1#1>
			2.08s write 2>
			3s come <r=2#2>`, `
			0s modem <r1#1>
			2.05s drop to program, late answer: <r=1#1>
			2.08s modem <r2#2>
			3s program <r=2#2>`},
		{"what comes on its own is no answer", Config{}, `
			0s write <r1>
			2s write <r2
			2.05s come <*a>
			2.08s write >`, `
			0s modem <r1>
			2.05s program <*a>
			5s modem <r2>`},
		{"what stands behind a request in one piece begins nothing", Config{}, `
			0s write <r1>U
			1s come <r=1>
			2s write <r2><
			3s come <r=2>`, `
			0s modem <r1>
			0s modem U
			1s program <r=1>
			2s modem <r2>
			3s modem <
			3s program <r=2>`},
		{"but it does if it is continued", Config{}, `
			0s write <r1><
			0.5s write s
			1.05s come <r=1>
			1.09s write 2>
			2s come <s=2>`, `
			0s modem <r1>
			1.05s drop to program, late answer: <r=1>
			1.09s modem <s2>
			2s program <s=2>`},
		{"two writes read as one: what stands behind the request is the next one", Config{}, `
			0s write <r1><r
			0.02s come <r=1>
			0.09s write 2>
			1s come <r=2>`, `
			0s modem <r1>
			0.09s modem <r2>
			0.09s drop to program, late answer: <r=1>
			1s program <r=2>`},
		{"two writes read as one: the next one is being woken for", Config{}, `
			0s write <r1>UU
			0.02s come <r=1>
			0.09s write <r2>
			0.5s come <r=2>`, `
			0s modem <r1>
			0s modem UU
			0.09s modem <r2>
			0.09s drop to program, late answer: <r=1>
			0.5s program <r=2>`},
		{"nothing is being woken for", Config{}, `
			0s write <r1>UU
			0.02s come <r=1>`, `
			0s modem <r1>
			0s modem UU
			1s program <r=1>`},
		{"two writes read as one: the next one is a repeat", Config{}, `
			0s write <r1><r
			0.02s come <r=1>
			0.09s write 1>`, `
			0s modem <r1>
			0.09s drop to modem, repeat of the request under way: <r1>
			0.09s program <r=1>`},
		{"the answer waits until nothing comes of what stands behind the request, until that is known", Config{}, `
			0s write <r1><
			0.01s come <r=1>
			2s write <r2><
			2.01s come <r=2>
			4s write <r3><
			4.01s come <r=3>
			6s write <r4><<
			6.01s come <r=4>`, `
			0s modem <r1>
			1s modem <
			1s program <r=1>
			2s modem <r2>
			3s modem <
			3s program <r=2>
			4s modem <r3>
			4.01s program <r=3>
			4.11s modem <
			6s modem <r4>
			7s modem <<
			7s program <r=4>`},
		{"the session ends while an answer is kept", Config{}, `
			0s write <r1>
			2s write <r
			2.05s come <r=1>
			2.06s end`, `
			0s modem <r1>
			2.06s drop to program, late answer: <r=1>
			2.06s drop to modem, session ended: <r`},
		{"the program leaves while an answer is kept", Config{}, `
			0s write <r1>
			2s write <r
			2.05s come <r=1>
			2.06s leave`, `
			0s modem <r1>
			2.06s drop to program, late answer: <r=1>
			2.06s modem <r`},
	})
}

// A machine that stands still for seconds reads the rest of a request late. What is whole with that is one request all the same.
func TestRequestFinishedWhileTheMachineStoodStill(t *testing.T) {
	const front, rest = "\x01\x03\x01\xbd", "\x00\x04\xd5\xd1"
	for _, c := range []struct {
		name, second string
		want         []string
	}{
		{"the rest", rest, []string{front + rest}},
		{"the rest and the front of the next", rest + front, []string{front + rest}},
		{"the request once more, which waits", front + rest, []string{front}},
	} {
		l := NewLine(Config{Protocol: Modbus})
		l.FromProgram([]byte(front), epoch)
		var got []string
		for _, b := range l.FromProgram([]byte(c.second), epoch.Add(4*sec)).ToModem {
			got = append(got, string(b))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q is on its way, want %q", c.name, got, c.want)
		}
	}
}
