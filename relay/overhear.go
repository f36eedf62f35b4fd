package relay

import "time"

// Overheard is a piece of what passes between an exchange and a caller until the caller has registered or is refused. Its bytes are
// only good until Overhear returns.
type Overheard struct {
	At   time.Time
	Peer string // the caller's address with its port
	Sent []byte // to the caller
	Came []byte // from the caller: all so far, since credentials are told by what stands before them
	New  int    // how many of the last bytes of Came are new
	Note string // what has happened
}

// mostCame bounds what is kept of what a caller sends, above what any registration may have.
const mostCame = 8 << 10

// heard keeps and shows what came, of which the last rest bytes stand behind the registration.
func (r *registrar) heard(p []byte, rest int) {
	p = p[:min(len(p), mostCame-len(r.came))]
	r.came = append(r.came, p...)
	if rest > len(p) {
		rest = 0 // the registration itself is data
	}
	r.overhear(Overheard{Came: r.came[:len(r.came)-rest], New: len(p) - rest})
}

// note shows what has happened.
func (r *registrar) note(text string) { r.overhear(Overheard{Note: text}) }

func (r *registrar) overhear(o Overheard) {
	if r.exchange.Overhear == nil {
		return
	}
	o.At, o.Peer = time.Now(), r.conn.RemoteAddr().String()
	r.exchange.Overhear(o)
}
