package frame

import "testing"

func TestGuardRepeats(t *testing.T) {
	runScenes(t, []scene{
		{"absorbed, and the first answer given", Config{}, `
			0s write <r1>
			1s write <r1>
			2s write <r1>
			3s come <r=1>
			4s write <r1>`, `
			0s modem <r1>
			2s drop to modem, repeat of the request under way: <r1>
			3s drop to modem, repeat of the request under way: <r1>
			3s program <r=1>
			4s modem <r1>`},
		{"sent once when AnswerMax has passed", Config{}, `
			0s write <r1>
			1s write <r1>
			2s write <r1>
			6s write <r1>
			7s come <r=1>`, `
			0s modem <r1>
			2s drop to modem, repeat of the request under way: <r1>
			5s modem <r1>
			7s drop to modem, repeat of the request under way: <r1>
			7s program <r=1>`},
		{"behind AnswerMax it is a new one", Config{}, `
			0s write <r1>
			6s write <r1>
			7s come <r=1>`, `
			0s modem <r1>
			6s modem <r1>
			7s program <r=1>`},
		{"a repeat takes the place of another request", Config{}, `
			0s write <r1>
			1s write <r2>
			2s write <r1>
			3s come <r=1>`, `
			0s modem <r1>
			2s drop to modem, a newer request took its place: <r2>
			3s drop to modem, repeat of the request under way: <r1>
			3s program <r=1>`},
		{"another request takes the place of a repeat", Config{}, `
			0s write <r1>
			1s write <r1>
			2s write <r2>
			3s come <r=1>
			4s come <r=2>`, `
			0s modem <r1>
			2s drop to modem, repeat of the request under way: <r1>
			3s drop to program, late answer: <r=1>
			3s modem <r2>
			4s program <r=2>`},
		{"half of the answer had been dropped: it is asked again", Config{}, `
			0s write <r1>
			1s come <r=
			1.1s write <r2>
			1.2s write <r1>
			1.3s come 1>
			2s come <r=1>`, `
			0s modem <r1>
			1.1s drop to program, held back when asked anew: <r=
			1.2s drop to modem, a newer request took its place: <r2>
			1.3s drop to program, late answer: 1>
			1.3s modem <r1>
			2s program <r=1>`},
		{"half of the answer had been handed over: it is asked again", Config{}, `
			0s write <r1>
			1s come <r=
			2.5s write <r1>
			2.6s come 1>
			3s come <r=1>`, `
			0s modem <r1>
			2s program <r=
			2.6s drop to program, late answer: 1>
			2.6s modem <r1>
			3s program <r=1>`},
		{"a repeat does not drop what is held", Config{}, `
			0s write <r1>
			1s come <r=
			1.1s write <r1>
			1.3s come 1>`, `
			0s modem <r1>
			1.3s drop to modem, repeat of the request under way: <r1>
			1.3s program <r=1>`},
		{"strict: the first answer is dropped", Config{Guard: Strict}, `
			0s write <r1>
			1s write <r1>
			2s write <r1>
			3s come <r=1>
			4s come <r=1>`, `
			0s modem <r1>
			2s drop to modem, a newer request took its place: <r1>
			3s drop to program, late answer: <r=1>
			3s modem <r1>
			4s program <r=1>`},
		{"off: sent again", Config{Guard: Off}, `
			0s write <r1>
			1s write <r1>`, `
			0s modem <r1>
			1s modem <r1>`},
	})
}
