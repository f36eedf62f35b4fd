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
			1s drop to program, late answer: <s=1>
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
			3s program 1>
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
			4s drop to program, late answer: <r=1#1>`},
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
		{"half an answer that never ends does not swallow the next", Config{}, `
			0s write <r1#1>
			1s come <r=1
			1.5s write <r2#2>
			3s come <r=2#2>`, `
			0s modem <r1#1>
			1.5s drop to program, held back when asked anew: <r=1
			1.5s modem <r2#2>
			3s program <r=2#2>`},
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

func TestGuardArriving(t *testing.T) {
	runScenes(t, []scene{
		{"an answer on its way when AnswerMax passes is waited for", Config{}, `
			0s write <r1>
			2s write <r2>
			4.5s come <r=
			5.4s come 123
			6.5s come >
			7s come <r=2>`, `
			0s modem <r1>
			5.5s drop to program, late answer: <r=123
			6.5s drop to program, late answer: >
			6.5s modem <r2>
			7s program <r=2>`},
		{"until it stops", Config{}, `
			0s write <r1>
			2s write <r2>
			4.5s come <r=
			6.5s come <r=2>`, `
			0s modem <r1>
			5.5s drop to program, late answer: <r=
			6s modem <r2>
			6.5s program <r=2>`},
		{"for a request written then, too", Config{}, `
			0s write <r1>
			5.5s come <r=
			6s write <r2>
			6.5s come 1>`, `
			0s modem <r1>
			6s drop to program, held back when asked anew: <r=
			6.5s drop to program, late answer: 1>
			6.5s modem <r2>`},
		{"an answer with the very tick", Config{}, `
			0s write <r1>
			2s write <r2>
			4.999s come <r=1>`, `
			0s modem <r1>
			4.999s drop to program, late answer: <r=1>
			4.999s modem <r2>`},
		{"it turns out to be another's", Config{}, `
			0s write <r1>
			2s write <r2>
			4.5s come <x=
			5.2s come 1>`, `
			0s modem <r1>
			5.2s drop to program, late answer: <x=1>
			5.2s modem <r2>`},
		{"the answer stops short, and the program asks later", Config{}, `
			0s write <r1>
			2s come <r=
			9s write <r2>
			9.5s come <r=2>`, `
			0s modem <r1>
			3s program <r=
			9s modem <r2>
			9.5s program <r=2>`},
	})
}

func TestTickComesTooLate(t *testing.T) {
	r := newRig(Config{})
	r.do("write", "<r1>")
	r.do("write", "<r2>")
	r.at = 6e9
	r.do("come", "<r=1>")
	want := "0s modem <r1>|6s drop to program, late answer: <r=1>|6s modem <r2>"
	if got := join(r.log); got != want {
		t.Errorf("the answer came before the tick: got %s", got)
	}
	r = newRig(Config{})
	r.do("write", "<r1>")
	r.do("write", "<r2>")
	r.at = 6e9
	r.do("write", "<r3>")
	want = "0s modem <r1>|6s modem <r2>"
	if got := join(r.log); got != want {
		t.Errorf("a request came before the tick: got %s", got)
	}
}

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
			1.1s drop to modem, given up while it waited: <r2>
			1.1s drop to modem, given up while it waited: <r
			1.1s waiting 0
			2s program <r=1>`},
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

func TestUnparsed(t *testing.T) {
	runScenes(t, []scene{
		{"another protocol passes, whatever its messages look like", Config{}, `
			0s write hello
			1s come x<y
			2s come z>w`, `
			0s modem hello
			1s program x
			1s program <y
			2s program z>
			2s program w`},
		{"even if it looks unfinished", Config{}, `
			0s write <hello
			0.1s come <y>
			3s write <again
			3.1s come <z`, `
			0s modem <hello
			0.1s program <y>
			3s modem <again
			3.1s program <z`},
		{"until there is a request again", Config{}, `
			0s write hello
			1s write <r1>
			2s come <s=1>`, `
			0s modem hello
			1s modem <r1>
			2s drop to program, late answer: <s=1>`},
		{"waking a meter up is no other protocol", Config{}, `
			0s write \x00\x00
			1s come <r=1>`, "0s modem \x00\x00\n1s drop to program, answer to no request: <r=1>"},
		{"what stands in front of a request goes with it", Config{}, `
			0s write \x55\x55<r1>
			1s write \x55<r2>
			2s come <r=1>`, `
			0s modem UU<r1>
			2s drop to program, late answer: <r=1>
			2s modem U<r2>`},
		{"what is written behind a waiting request stays behind it", Config{}, `
			0s write <r1>
			1s write <r2>UU
			1.5s write U
			2s come <r=1>`, `
			0s modem <r1>
			2s drop to program, late answer: <r=1>
			2s modem <r2>
			2s modem UUU`},
		{"a request in pieces leaves in pieces", Config{}, `
			0s write <
			0.1s write r
			0.2s write 1>
			1s come <s=1><r=1>`, `
			0s modem <
			0.1s modem r
			0.2s modem 1>
			1s drop to program, late answer: <s=1>
			1s program <r=1>`},
		{"unless it may have to wait", Config{}, `
			0s write <r1>
			1s write <r
			1.1s write 2>
			2s come <r=1>`, `
			0s modem <r1>
			2s drop to program, late answer: <r=1>
			2s modem <r2>`},
		{"a repeat in pieces is one", Config{}, `
			0s write <r1>
			1s write <r
			1.1s write 1>
			2s come <r=1>`, `
			0s modem <r1>
			2s drop to modem, repeat of the request under way: <r1>
			2s program <r=1>`},
		{"a piece without the rest was no request", Config{}, `
			0s write <r1>
			1s write <r
			3s write <r2>
			3.5s come <r=1>`, `
			0s modem <r1>
			2s modem <r
			3.5s drop to program, late answer: <r=1>
			3.5s modem <r2>`},
	})
}
