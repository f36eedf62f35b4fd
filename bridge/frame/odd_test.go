package frame

import "testing"

// A request that no rule knows takes the line as any other does.
func TestGuardUnknownRequests(t *testing.T) {
	runScenes(t, []scene{
		{"the next waits for its answer", Config{}, `
			0s write hello
			1s write <r1>
			2s come whatever
			2.1s come more
			3s come <r=1>`, `
			0s modem hello
			2s drop to program, late answer: whatever
			2.1s drop to program, late answer: more
			2.3s modem <r1>
			3s program <r=1>`},
		{"or for AnswerMax", Config{}, `
			0s write hello
			1s write <r1>
			6s come <r=1>`, `
			0s modem hello
			5s modem <r1>
			6s program <r=1>`},
		{"not when it has been answered", Config{}, `
			0s write hello
			1s come what
			1.1s come ever
			1.2s write <r1>
			2s come <r=1>`, `
			0s modem hello
			1s program what
			1.1s program ever
			1.2s modem <r1>
			2s program <r=1>`},
		{"it waits itself", Config{}, `
			0s write <r1>
			1s write hello
			2s come <r=1>
			3s come what`, `
			0s modem <r1>
			2s drop to program, late answer: <r=1>
			2s modem hello
			3s program what`},
		{"in pieces it is one", Config{}, `
			0s write hel
			0.1s write lo
			0.2s write <r1>
			1s come <r=1>`, `
			0s modem hel
			0.1s modem lo
			0.2s modem <r1>
			1s program <r=1>`},
		{"its program has gone", Config{}, `
			0s write hello
			1s abandon
			2s come what
			3s come ever`, `
			0s modem hello
			2s drop to program, late answer: what
			3s drop to program, late answer: ever`},
	})
}

// What does not fit is dropped only while it may be the answer to an earlier request.
func TestGuardOddAnswers(t *testing.T) {
	runScenes(t, []scene{
		{"nothing else was asked", Config{}, `
			0s write <r1#1>
			1s come <r=1#7>
			2s write <r1#1>`, `
			0s modem <r1#1>
			1s program <r=1#7>
			2s modem <r1#1>`},
		{"an earlier request is unanswered", Config{}, `
			0s write <r1#1>
			1s write <r2#2>
			2s come <r=1#7>
			3s come <r=2#2>`, `
			0s modem <r1#1>
			1s modem <r2#2>
			2s drop to program, does not fit the request: <r=1#7>
			3s program <r=2#2>`},
		{"it is the earlier one's", Config{}, `
			0s write <r1#1>
			1s write <r2#2>
			2s come <r=1#1>
			2.1s come <r=1#7>
			3s come <r=2#2>`, `
			0s modem <r1#1>
			1s modem <r2#2>
			2s drop to program, late answer: <r=1#1>
			2.1s program <r=1#7>
			3s program <r=2#2>`},
		{"the earlier one is older than AnswerMax", Config{}, `
			0s write <r1#1>
			5.5s write <r2#2>
			6s come <r=1#7>
			7s come <r=1#1>
			8s come <r=2#2>`, `
			0s modem <r1#1>
			5.5s modem <r2#2>
			6s program <r=1#7>
			7s drop to program, late answer: <r=1#1>
			8s program <r=2#2>`},
		{"an answer later than AnswerMax that does not fit", Config{}, `
			0s write <r1>
			1s write <s2>
			6s come <r=1>
			7s come <s=2>`, `
			0s modem <r1>
			5s modem <s2>
			6s drop to program, late answer: <r=1>
			7s program <s=2>`},
		{"what is unlike is an answer all the same", Config{}, `
			0s write <r1>
			1s come <r?>
			1.5s write <r2>
			2s come <r?>
			2.5s write <r3>`, `
			0s modem <r1>
			1s program <r?>
			1.5s modem <r2>
			2s program <r?>
			2.5s modem <r3>`},
		{"what is unlike answers a request that was given up", Config{}, `
			0s write <r1>
			1s write <r2>
			2s come <r?>
			3s come <r=2>`, `
			0s modem <r1>
			2s drop to program, late answer: <r?>
			2s modem <r2>
			3s program <r=2>`},
		{"a meter that always answers from another address costs one wait", Config{}, `
			0s write <r1>
			1s come <s=1>
			2s write <r2>
			6s come <s=2>
			7s write <r3>
			8s come <s=3>
			9s write <r4>
			9.5s come <r=4>
			10s write <r5>
			11s come <s=5>
			12s write <r6>`, `
			0s modem <r1>
			1s program <s=1>
			5s modem <r2>
			6s program <s=2>
			7s modem <r3>
			8s program <s=3>
			9s modem <r4>
			9.5s program <r=4>
			10s modem <r5>
			11s program <s=5>
			15s modem <r6>`},
	})
}
