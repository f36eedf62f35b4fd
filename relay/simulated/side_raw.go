package simulated

import (
	"bytes"
	"fmt"
	"time"
)

// rawSide is a family without a protocol of its own: some bytes first, an answer that is known beforehand, and from then on
// what the meter says as it is.
type rawSide struct {
	register []byte
	expect   []byte // what is still to come of the answer
	beat     []byte
}

func (r *rawSide) Connect(time.Time) []byte { return r.register }

func (r *rawSide) Take(p []byte, _ time.Time) (data, reply []byte, err error) {
	n := min(len(r.expect), len(p))
	if !bytes.Equal(r.expect[:n], p[:n]) {
		return nil, nil, fmt.Errorf("registration answered with %q instead of %q", p[:n], r.expect[:n])
	}
	r.expect = r.expect[n:]
	return p[n:], nil, nil
}

func (r *rawSide) Put(p []byte) []byte { return p }
func (r *rawSide) Beat() []byte        { return r.beat }
func (r *rawSide) Online() bool        { return len(r.expect) == 0 }
