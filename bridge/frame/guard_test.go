package frame

import "testing"

func TestGuardLateAnswers(t *testing.T) {
	runScenes(t, []scene{
		{"a different request waits, the late answer is dropped", Config{}, `
			0s write <r1>
			2s write <r2>
			2s waiting
			3s come <r=1>
			4s come <r=2>`, `
			0s modem <r1>
			2s waiting 4
			3s drop to program, late answer: <r=1>
			3s modem <r2>
			4s program <r=2>`},
		{"not longer than AnswerMax from the earlier request", Config{}, `
			0s write <r1>
			2s write <r2>
			6s come <r=2>`, `
			0s modem <r1>
			5s modem <r2>
			6s program <r=2>`},
		{"an answer that takes longer, but nobody asked anew", Config{}, `
			0s write <r1>
			9s come <r=1>`, `
			0s modem <r1>
			9s program <r=1>`},
		{"only the newest request waits", Config{}, `
			0s write <r1>
			1s write <r2>
			2s write <r3>
			3s come <r=1>
			4s come <r=3>`, `
			0s modem <r1>
			2s drop to modem, a newer request took its place: <r2>
			3s drop to program, late answer: <r=1>
			3s modem <r3>
			4s program <r=3>`},
		{"the answer of another address", Config{}, `
			0s write <r1>
			1s come <s=1>
			2s come <r=1>`, `
			0s modem <r1>
			1s program <s=1>
			2s program <r=1>`},
		{"an answer to nothing", Config{}, `
			0s come <r=1>
			1s write <r1>
			2s come <r=1>
			3s come <r=1>`, `
			0s drop to program, answer to no request: <r=1>
			1s modem <r1>
			2s program <r=1>
			3s drop to program, answer to no request: <r=1>`},
		{"an answer to nothing behind the answer in one read", Config{}, `
			0s write <r1>
			1s write <r2>
			2s come <r=1><r=1><r=
			3s come 1>
			4s come <r=2>`, `
			0s modem <r1>
			2s drop to program, late answer: <r=1>
			2s drop to program, answer to no request: <r=1>
			2s drop to program, held back when asked anew: <r=
			2s modem <r2>
			3s drop to program, late answer: 1>
			4s program <r=2>`},
		{"what comes on its own", Config{}, `
			0s come <*a>
			1s write <r1>
			2s come <*b><r=1><*c>
			3s write <r1>
			4s write <r2>
			5s come <*d>
			6s come <r=1>
			7s come <*e><r=2>`, `
			0s program <*a>
			1s modem <r1>
			2s program <*b>
			2s program <r=1>
			2s program <*c>
			3s modem <r1>
			5s program <*d>
			6s drop to program, late answer: <r=1>
			6s modem <r2>
			7s program <*e>
			7s program <r=2>`},
		{"what has no answer", Config{}, `
			0s write <!1>
			1s write <r1>
			2s write <!2>
			3s come <r=1>
			4s write <r2>
			5s come <r=2>`, `
			0s modem <!1>
			1s modem <r1>
			3s drop to program, late answer: <r=1>
			3s modem <!2>
			4s modem <r2>
			5s program <r=2>`},
		{"what should have no answer has one", Config{}, `
			0s write <!1>
			1s come <!=1>
			2s come <r=1>`, `
			0s modem <!1>
			1s program <!=1>
			2s drop to program, answer to no request: <r=1>`},
		{"an answer in parts: the time counts from the latest", Config{}, `
			0s write <r1>
			4s come <r=1+>
			6s write <r2>
			8s come <r=1+>
			12s come <r=1>
			13s come <r=2>`, `
			0s modem <r1>
			4s program <r=1+>
			8s drop to program, late answer: <r=1+>
			12s drop to program, late answer: <r=1>
			12s modem <r2>
			13s program <r=2>`},
		{"several requests in one piece", Config{}, `
			0s write <r1><r2><r3>
			1s come <r=1>
			2s come <r=3>`, `
			0s drop to modem, a newer request took its place: <r2>
			0s modem <r1>
			1s drop to program, late answer: <r=1>
			1s modem <r3>
			2s program <r=3>`},
		{"off: nothing waits, nothing is dropped", Config{Guard: Off}, `
			0s write <r1>
			1s write <r2>
			2s come <r=1>
			3s come <r=2><x=1>`, `
			0s modem <r1>
			1s modem <r2>
			2s program <r=1>
			3s program <r=2>
			3s program <x=1>`},
	})
}

func TestGuardNumbers(t *testing.T) {
	runScenes(t, []scene{
		{"nothing waits, the other number is dropped", Config{}, `
			0s write <r1#1>
			1s write <r2#2>
			2s come <r=1#1>
			3s come <r=2#2>
			4s come <r=1#1>`, `
			0s modem <r1#1>
			1s modem <r2#2>
			2s drop to program, late answer: <r=1#1>
			3s program <r=2#2>
			4s drop to program, answer to no request: <r=1#1>`},
		{"half an answer is here at the next request", Config{}, `
			0s write <r1#1>
			1s come <r=1
			1.5s write <r2#2>
			2s come #1><r=2#2>`, `
			0s modem <r1#1>
			1.5s drop to program, held back when asked anew: <r=1
			1.5s modem <r2#2>
			2s drop to program, late answer: #1>
			2s program <r=2#2>`},
		{"half an answer that never ends does not cost the next", Config{}, `
			0s write <r1#1>
			1s come <r=1
			1.5s write <r2#2>
			1.6s come #
			1.8s come <r=2#2>
			1.9s come 1>`, `
			0s modem <r1#1>
			1.5s drop to program, held back when asked anew: <r=1
			1.5s modem <r2#2>
			1.6s drop to program, late answer: #
			1.8s program <r=2#2>
			1.9s program 1>`},
		{"half an answer, a long pause, and the rest", Config{}, `
			0s write <r1#1>
			1s come <r=1
			1.5s write <r2#2>
			5.9s come #1>`, `
			0s modem <r1#1>
			1.5s drop to program, held back when asked anew: <r=1
			1.5s modem <r2#2>
			5.9s drop to program, late answer: #1>`},
		{"half an answer, and a pause in which the rest cannot come any more", Config{}, `
			0s write <r1#1>
			1s come <r=1
			1.5s write <r2#2>
			6s come #1>`, `
			0s modem <r1#1>
			1.5s drop to program, held back when asked anew: <r=1
			1.5s modem <r2#2>
			6s program #1>`},
		{"a program that has gone asked with numbers, too", Config{}, `
			0s write <r1#1>
			1s abandon
			2s write <r1#1>
			3s come <r=1#1>
			4s come <r=2#1>`, `
			0s modem <r1#1>
			3s drop to program, late answer: <r=1#1>
			3s modem <r1#1>
			4s program <r=2#1>`},
	})
}
