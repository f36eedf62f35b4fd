package frame

import "testing"

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
