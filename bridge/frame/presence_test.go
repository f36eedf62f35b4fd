package frame

import "testing"

// Between a close and an open nothing is given up.
func TestReturning(t *testing.T) {
	runScenes(t, []scene{
		{"the answer begins behind the next open", Config{}, `
			0s write <r1>
			0.1s leave
			0.2s open
			1s come <r=
			1.5s come 1>`, `
			0s modem <r1>
			1.5s program <r=1>`},
		{"it began before: none of it", Config{}, `
			0s write <r1>
			0.1s leave
			0.2s come <r=
			0.3s open
			1s come 1>
			2s come <r=2>`, `
			0s modem <r1>
			0.3s drop to program, late answer: <r=
			1s drop to program, late answer: 1>
			2s drop to program, answer to no request: <r=2>`},
		{"it came while nobody was there", Config{}, `
			0s write <r1>
			0.1s leave
			0.2s come <r=1>
			0.3s open
			0.4s write <r1>
			0.5s come <r=1>`, `
			0s modem <r1>
			0.2s drop to program, late answer: <r=1>
			0.4s modem <r1>
			0.5s program <r=1>`},
		{"the same request again is a repeat", Config{}, `
			0s write <r1>
			0.1s leave
			0.2s open
			0.3s write <r1>
			1s come <r=1>`, `
			0s modem <r1>
			1s drop to modem, repeat of the request under way: <r1>
			1s program <r=1>`},
		{"a different request gives it up", Config{}, `
			0s write <r1>
			0.1s leave
			0.2s open
			0.3s write <r2>
			1s come <r=1>
			2s come <r=2>`, `
			0s modem <r1>
			1s drop to program, late answer: <r=1>
			1s modem <r2>
			2s program <r=2>`},
		{"so do two seconds", Config{}, `
			0s write <r1>
			0.1s leave
			2.1s open
			2.2s write <r1>
			3s come <r=1>
			4s come <r=1>`, `
			0s modem <r1>
			3s drop to program, late answer: <r=1>
			3s modem <r1>
			4s program <r=1>`},
		{"the first part has come before: the rest is nobody's", Config{}, `
			0s write <r1>
			0.1s come <r=1+>
			0.2s leave
			0.3s open
			1s come <r=1>
			2s write <r2>`, `
			0s modem <r1>
			0.1s program <r=1+>
			1s drop to program, late answer: <r=1>
			2s modem <r2>`},
		{"what is held for nobody is not for who opens", Config{}, `
			0s come <*
			0.5s open
			0.6s come a>
			0.7s come <*b>`, `
			0.5s drop to program, late answer: <*
			0.6s drop to program, late answer: a>
			0.7s program <*b>`},
		{"a request that waits is the next program's", Config{}, `
			0s write <r1>
			0.1s write <r2>
			0.2s leave
			0.3s open
			1s come <r=1>
			2s come <r=2>`, `
			0s modem <r1>
			1s drop to program, late answer: <r=1>
			1s modem <r2>
			2s program <r=2>`},
		{"who wrote twice and left has given up", Config{}, `
			0s write <r1>
			0.1s write <r1>
			0.2s leave
			0.3s open
			1s come <r=1>`, `
			0s modem <r1>
			1s drop to program, late answer: <r=1>
			1s drop to modem, repeat of the request under way: <r1>`},
		{"the request has not left yet", Config{}, `
			0s write <r1
			0.05s leave
			0.2s open
			0.3s write >`, `
			0.05s modem <r1
			5.05s modem >`},
	})
}
