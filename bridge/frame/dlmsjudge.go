package frame

import "meterline/bridge/frame/hdlc"

func (dlms) expect(q []byte) expectation {
	f, ok := hdlc.Parse(q)
	switch {
	case !ok || !f.Good:
		return unanswered
	case f.IsInfo() && f.Segmented && !f.IsFinal(): // more of a window is to follow
		return unanswered
	case f.IsInfo(), f.IsSupervisory():
		return numbered
	case f.Unnumbered() == hdlc.UI && !f.IsFinal():
		return unanswered
	}
	return anonymous
}

// judge rejects a message with a wrong check sum where numbers decide, since the numbers may be damaged. Where they do not, the message
// goes to the program, which sees the damage.
func (dlms) judge(a, q []byte, nth int) judgement {
	answer, ok := hdlc.Parse(a)
	if !ok {
		return rejected
	}
	request, asked := hdlc.Parse(q)
	asked = asked && request.Good
	switch {
	case answer.Unnumbered() == hdlc.UI:
		return judgeUI(answer, request, asked)
	case !asked || !answer.To.Same(request.From) || !answer.From.Same(request.To):
		return rejected
	case request.IsInfo(), request.IsSupervisory():
		return judgeNumbered(answer, request, nth)
	}
	return judgeUnnumbered(answer, request)
}

// judgeUI is for UI frames, with which meters report events and push data.
func judgeUI(a, q hdlc.Frame, asked bool) judgement {
	switch {
	case !a.Good:
		return rejected
	case !asked || q.Unnumbered() != hdlc.UI || !a.To.Same(q.From) || !a.From.Same(q.To):
		return onItsOwn
	}
	if apdu := a.APDU(false); len(apdu) > 0 && (apdu[0] == hdlc.EventNotification || apdu[0] == hdlc.DataNotification) {
		return onItsOwn
	}
	return hdlcFinished(a)
}

// judgeNumbered is for answers to an information or a supervisory frame. The answer of a meter that has lost the connection has no
// numbers.
func judgeNumbered(a, q hdlc.Frame, nth int) judgement {
	switch {
	case !a.Good:
		return rejected
	case a.IsInfo():
		if a.Sent() != (q.Received()+nth)&7 || q.IsInfo() && a.Received() != (q.Sent()+1)&7 {
			return rejected
		}
		if q.IsInfo() && nth == 0 && !hdlc.Answers(a.APDU(false), q.APDU(true)) {
			return rejected
		}
		return hdlcFinished(a)
	case a.IsSupervisory():
		if q.IsInfo() && a.Received() != (q.Sent()+1)&7 {
			return rejected
		}
		return hdlcFinished(a)
	}
	return answeredIf(a.Unnumbered() == hdlc.DM || a.Unnumbered() == hdlc.FRMR)
}

// judgeUnnumbered is for answers to SNRM, DISC and other frames without a number.
func judgeUnnumbered(a, q hdlc.Frame) judgement {
	if a.IsInfo() || a.IsSupervisory() {
		return rejected
	}
	switch a.Unnumbered() {
	case hdlc.UA:
		return answeredIf(q.Unnumbered() == hdlc.SNRM || q.Unnumbered() == hdlc.Disconnect)
	case hdlc.DM, hdlc.FRMR:
		return answered
	}
	return answeredIf(!a.Good)
}

func (dlms) sealed(a []byte) bool {
	f, ok := hdlc.Parse(a)
	return ok && f.Good
}

// alike is for clients that use the numbers of a request which they have given up for the next one.
func (dlms) alike(q, other []byte) bool {
	f, ok := hdlc.Parse(q)
	g, too := hdlc.Parse(other)
	if !ok || !too || !f.IsInfo() || !g.IsInfo() || f.Sent() != g.Sent() || f.Received() != g.Received() {
		return false
	}
	return f.To.Same(g.To) && f.From.Same(g.From) && hdlc.SameAnswers(f.APDU(true), g.APDU(true))
}

func hdlcFinished(a hdlc.Frame) judgement {
	if a.IsFinal() {
		return answered
	}
	return partOf
}
