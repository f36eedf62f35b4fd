package frame

import "testing"

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
