package frame

import (
	"strings"
	"testing"
)

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
			3.1s come <z
			5s come z`, `
			0.1s modem <hello
			0.1s program <y>
			3.1s modem <again
			4.1s program <z
			5s program z`},
		{"a request behind it waits for what it brings", Config{}, `
			0s write hello
			1s write <r1>
			2s come <s=1>`, `
			0s modem hello
			2s drop to program, late answer: <s=1>
			2.2s modem <r1>`},
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
			2.003s modem UUU`},
		{"a request in pieces leaves as one", Config{}, `
			0s write <
			0.09s write r
			0.18s write 1>
			1s come <s=1><r=1>`, `
			0.18s modem <r1>
			1s program <s=1>
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
		{"a piece without the rest is a request all the same", Config{}, `
			0s write <r1>
			1s write <r
			3s write <r2>
			3.5s come <r=1>`, `
			0s modem <r1>
			3s drop to modem, a newer request took its place: <r
			3.5s drop to program, late answer: <r=1>
			3.5s modem <r2>`},
	})
}

func TestTooMuchBehindAWaitingRequest(t *testing.T) {
	r := newRig(Config{})
	r.do("write", "<r1>")
	r.do("write", "<r2>")
	r.do("write", strings.Repeat("U", waitMost))
	if n := r.l.Waiting(); n > 0 {
		t.Errorf("%d bytes wait", n)
	}
	want := "0s modem <r1>|0s drop to modem, a newer request took its place: <r2>|0s modem UUU"
	if got := join(r.log); !strings.HasPrefix(got, want) {
		t.Errorf("got %.100s", got)
	}
	r.do("write", "<"+strings.Repeat("a", partMost))
	if n := len(r.l.part.text); n > 0 {
		t.Errorf("a request without end: %d bytes are kept", n)
	}
}
