package hayes

import "fmt"

// Self is what the modem says of itself and its network when a program asks: of the modem that was dialled last, if that is
// known.
type Self interface {
	// Signal returns strength (0 to 31, 99 unknown) and bit errors (0 to 7, 99 unknown): +CSQ (27.007, 8.5).
	Signal() (strength, errors int)
	// Registration returns the state for +CREG (27.007, 7.2): 0 none, 1 at home, 2 searching, 3 denied, 5 roaming.
	Registration() int
	// Operator returns the network's name, for +COPS.
	Operator() string
	// IMEI returns the serial number, for +CGSN and +GSN.
	IMEI() string
	// IMSI returns the subscriber's number, for +CIMI.
	IMSI() string
	// Version returns the version of this program, for ATI3 and +CGMR.
	Version() string
}

// nobody is a Self that knows nothing, and answers what programs like: a fair signal, at home. Its numbers are reserved for
// tests (network 001-01 of ITU-T E.212).
type nobody struct{}

func (nobody) Signal() (strength, errors int) { return 20, 99 }
func (nobody) Registration() int              { return 1 }
func (nobody) Operator() string               { return "meterline" }
func (nobody) IMEI() string                   { return "001017000000009" }
func (nobody) IMSI() string                   { return "001010000000001" }
func (nobody) Version() string                { return "1" }

const maker, model = "meterline", "emulated modem"

// identify is I (V.250, 6.1.3: the maker chooses the text). Numbers without a text get OK.
func (in *interpreter) identify(n int) outcome {
	switch n {
	case 0:
		in.reply.text(maker + " " + model)
	case 3:
		in.reply.text(maker + " " + model + " " + printable(in.m.self.Version(), 80))
	case 4:
		in.reply.text(fmt.Sprintf("%s, %s, S7=%d S12=%d", maker+" "+model, in.m.cfg.ConnectText, in.mem.regs[7], in.mem.regs[12]))
	case 9:
		in.reply.text(phases[in.m.call.phase])
	default:
		if n > 11 && in.m.cfg.Strict {
			return refused
		}
	}
	return goOn
}

// view is &V: the present and the stored settings.
func (in *interpreter) view(int) outcome {
	in.reply.text(append([]string{maker + " " + model}, in.mem.describe()...)...)
	return goOn
}
