package frame

import "testing"

func TestLeaving(t *testing.T) {
	runScenes(t, []scene{
		{"abandoned: the next program's request waits, equal or not", Config{}, `
			0s write <r1>
			1s abandon
			2s write <r1>
			3s come <r=1>
			4s come <r=2>`, `
			0s modem <r1>
			3s drop to program, late answer: <r=1>
			3s modem <r1>
			4s program <r=2>`},
		{"abandoned: the answer is nobody's", Config{}, `
			0s write <r1>
			1s abandon
			3s come <r=1>
			4s write <r1>`, `
			0s modem <r1>
			3s drop to program, late answer: <r=1>
			4s modem <r1>`},
		{"abandoned with half an answer held", Config{}, `
			0s write <r1>
			1s come <r=
			1.1s abandon
			1.2s write <r1>
			1.3s come 1>`, `
			0s modem <r1>
			1.1s drop to program, late answer: <r=
			1.3s drop to program, late answer: 1>
			1.3s modem <r1>`},
		{"abandoned with half an answer held, off", Config{Guard: Off}, `
			0s write <r1>
			1s come <r=
			1.1s abandon
			1.3s come 1><r=2>`, `
			0s modem <r1>
			1.1s drop to program, late answer: <r=
			1.3s drop to program, late answer: 1>
			1.3s program <r=2>`},
		{"abandoned with a request that waits: it leaves, for nobody", Config{}, `
			0s write <r1>
			1s write <r2>
			2s abandon
			5.5s write <r2>
			6s come <r=2>
			7s come <r=3>`, `
			0s modem <r1>
			5s modem <r2>
			6s drop to program, late answer: <r=2>
			6s modem <r2>
			7s program <r=3>`},
		{"abandoned with a repeat: nobody wants it", Config{}, `
			0s write <r1>
			1s write <r1>
			2s abandon`, `
			0s modem <r1>
			5s drop to modem, repeat of the request under way: <r1>`},
		{"withdrawn", Config{}, `
			0s write <r1>
			1s write <r2><r
			1.1s withdraw
			1.1s waiting
			2s come <r=1>`, `
			0s modem <r1>
			1.1s drop to modem, withdrawn: <r2>
			1.1s drop to modem, withdrawn: <r
			1.1s waiting 0
			2s drop to program, late answer: <r=1>`},
		{"the session ends: what is held is handed over", Config{}, `
			0s write <r1>
			1s come <r=
			1.1s end
			1.2s come <r=1>`, `
			0s modem <r1>
			1.1s program <r=
			1.2s program <r=1>`},
		{"the session ends: what is late is not", Config{}, `
			0s write <r1>
			1s write <r2>
			2s come <r=
			2.1s end`, `
			0s modem <r1>
			2.1s drop to program, late answer: <r=
			2.1s drop to modem, session ended: <r2>`},
		{"the next session brings the answer", Config{}, `
			0s write <r1>
			4s end
			8s write <r2>
			8.5s come <r=1>
			9s come <r=2>`, `
			0s modem <r1>
			8.5s drop to program, late answer: <r=1>
			8.5s modem <r2>
			9s program <r=2>`},
		{"or does not", Config{}, `
			0s write <r1>
			4s end
			8s write <r2>`, `
			0s modem <r1>
			9s modem <r2>`},
	})
}
