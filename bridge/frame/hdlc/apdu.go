package hdlc

// Tags of COSEM application protocol data units (IEC 62056-5-3).
const (
	DataNotification  = 0x0F
	aarq              = 0x60
	aare              = 0x61
	GetRequest        = 0xC0
	setRequest        = 0xC1
	EventNotification = 0xC2
	actionRequest     = 0xC3
	GetResponse       = 0xC4
	setResponse       = 0xC5
	actionResponse    = 0xC7
	blockTransfer     = 0xE0
)

// Answers reports whether the data unit a can answer q. For services with an invoke id it must be the response of the same service with
// the same id. Class and priority, the other bits beside the id, are not compared: not all meters repeat them. A unit that is ciphered,
// or that refuses the request as a whole, can answer anything.
func Answers(a, q []byte) bool {
	if len(a) < 3 || len(q) < 3 {
		return true
	}
	response := responseTo(q[0])
	switch {
	case response == 0, !isResponse(a[0]):
		return true
	case a[0] != response:
		return false
	case response == aare:
		return true
	}
	return a[2]&0x0F == q[2]&0x0F
}

// Streams reports whether more follows the data unit a without being asked for: a block of a general block transfer that does not
// end its window (IEC 62056-5-3, 7.3.13).
func Streams(a []byte) bool {
	const streaming = 0x40
	return len(a) > 1 && a[0] == blockTransfer && a[1]&streaming != 0
}

// SameAnswers reports whether the answers to the requests q and other may have the same service and invoke id.
func SameAnswers(q, other []byte) bool {
	if len(q) < 3 || len(other) < 3 || responseTo(q[0]) == 0 || responseTo(other[0]) == 0 {
		return true
	}
	return responseTo(q[0]) == responseTo(other[0]) && (q[0] == aarq || q[2]&0x0F == other[2]&0x0F)
}

// responseTo returns the tag of the response to a request, 0 if the request is not known.
func responseTo(request byte) byte {
	switch request {
	case aarq:
		return aare
	case GetRequest, setRequest, actionRequest:
		return request + GetResponse - GetRequest
	}
	return 0
}

func isResponse(tag byte) bool {
	return tag == aare || tag == GetResponse || tag == setResponse || tag == actionResponse
}
