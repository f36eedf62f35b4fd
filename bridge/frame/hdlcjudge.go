package frame

func (hdlc) expect(q []byte) expectation {
	f, ok := parseHDLC(q)
	switch {
	case !ok || !f.good:
		return unanswered
	case f.isInfo() && f.segmented && !f.final(): // more of a window is to follow
		return unanswered
	case f.isInfo(), f.isSuper():
		return numbered
	case f.unnumbered() == hdlcUI && !f.final():
		return unanswered
	}
	return anonymous
}

// judge rejects a message with a wrong check sum where numbers decide, as they may be what is damaged; where none do, it goes
// on, so that the program sees the damage.
func (hdlc) judge(a, q []byte, nth int) judgement {
	answer, ok := parseHDLC(a)
	if !ok {
		return rejected
	}
	request, asked := parseHDLC(q)
	asked = asked && request.good
	switch {
	case answer.unnumbered() == hdlcUI:
		return judgeUI(answer, request, asked)
	case !asked || !answer.to.same(request.from) || !answer.from.same(request.to):
		return rejected
	case request.isInfo(), request.isSuper():
		return judgeNumbered(answer, request, nth)
	}
	return judgeUnnumbered(answer, request)
}

// judgeUI is for UI frames, with which meters tell of events and push data.
func judgeUI(a, q hdlcFrame, asked bool) judgement {
	switch {
	case !a.good:
		return rejected
	case !asked || q.unnumbered() != hdlcUI || !a.to.same(q.from) || !a.from.same(q.to):
		return onItsOwn
	}
	if apdu := a.apdu(false); len(apdu) > 0 && (apdu[0] == apduEventNotification || apdu[0] == apduDataNotification) {
		return onItsOwn
	}
	return hdlcFinished(a)
}

// judgeNumbered is for answers to an information or a supervisory frame. A meter that has lost the connection says so
// without numbers.
func judgeNumbered(a, q hdlcFrame, nth int) judgement {
	switch {
	case !a.good:
		return rejected
	case a.isInfo():
		if a.sent() != (q.received()+nth)&7 || q.isInfo() && a.received() != (q.sent()+1)&7 {
			return rejected
		}
		if q.isInfo() && nth == 0 && !answersAPDU(a.apdu(false), q.apdu(true)) {
			return rejected
		}
		return hdlcFinished(a)
	case a.isSuper():
		if q.isInfo() && a.received() != (q.sent()+1)&7 {
			return rejected
		}
		return hdlcFinished(a)
	}
	return answeredIf(a.unnumbered() == hdlcDM || a.unnumbered() == hdlcFRMR)
}

// judgeUnnumbered is for answers to SNRM, DISC and what else has no number.
func judgeUnnumbered(a, q hdlcFrame) judgement {
	if a.isInfo() || a.isSuper() {
		return rejected
	}
	switch a.unnumbered() {
	case hdlcUA:
		return answeredIf(q.unnumbered() == hdlcSNRM || q.unnumbered() == hdlcDisconnect)
	case hdlcDM, hdlcFRMR:
		return answered
	}
	return answeredIf(!a.good)
}

func (hdlc) sealed(a []byte) bool {
	f, ok := parseHDLC(a)
	return ok && f.good
}

// alike takes two information frames with the same numbers for such: clients exist that use the numbers of a request that they
// have given up for the next one.
func (hdlc) alike(q, other []byte) bool {
	f, ok := parseHDLC(q)
	g, too := parseHDLC(other)
	if !ok || !too || !f.isInfo() || !g.isInfo() || f.sent() != g.sent() || f.received() != g.received() {
		return false
	}
	if !f.to.same(g.to) || !f.from.same(g.from) {
		return false
	}
	a, b := f.apdu(true), g.apdu(true)
	if len(a) < 3 || len(b) < 3 || apduResponseTo(a[0]) == 0 || apduResponseTo(b[0]) == 0 {
		return true
	}
	return apduResponseTo(a[0]) == apduResponseTo(b[0]) && (a[0] == apduAARQ || a[2]&0x0F == b[2]&0x0F)
}

func hdlcFinished(a hdlcFrame) judgement {
	if a.final() {
		return answered
	}
	return partOf
}

// Tags of COSEM application protocol data units (IEC 62056-5-3).
const (
	apduDataNotification  = 0x0F
	apduAARQ              = 0x60
	apduAARE              = 0x61
	apduGetRequest        = 0xC0
	apduSetRequest        = 0xC1
	apduEventNotification = 0xC2
	apduActionRequest     = 0xC3
	apduGetResponse       = 0xC4
	apduSetResponse       = 0xC5
	apduActionResponse    = 0xC7
)

// answersAPDU reports whether the data unit a can answer q: of the services with an invoke id, it must be the response of the
// same service with the same id. The other bits beside the id, class and priority, tell no requests apart; not all meters
// repeat them. What is ciphered, or refuses the request as a whole, cannot be told.
func answersAPDU(a, q []byte) bool {
	if len(a) < 3 || len(q) < 3 {
		return true
	}
	response := apduResponseTo(q[0])
	switch {
	case response == 0, !isAPDUResponse(a[0]):
		return true
	case a[0] != response:
		return false
	case response == apduAARE:
		return true
	}
	return a[2]&0x0F == q[2]&0x0F
}

// apduResponseTo is the tag of the response to a request that is known; 0: it is not.
func apduResponseTo(request byte) byte {
	switch request {
	case apduAARQ:
		return apduAARE
	case apduGetRequest, apduSetRequest, apduActionRequest:
		return request + apduGetResponse - apduGetRequest
	}
	return 0
}

func isAPDUResponse(tag byte) bool {
	return tag == apduAARE || tag == apduGetResponse || tag == apduSetResponse || tag == apduActionResponse
}
