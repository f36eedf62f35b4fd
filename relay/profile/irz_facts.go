package profile

import (
	"fmt"
	"strconv"
	"strings"
)

// Names of facts that only some families tell.
const (
	factSIM     = "sim"     // which SIM card is in use
	factChannel = "channel" // which of the modem's connections this is
)

// irzLineFacts are what the registration line tells.
func irzLineFacts(fields map[string]string) (facts []Fact) {
	text := func(name string) string { return WireText([]byte(fields[name])) }
	model := text("DEV")
	if model == "" {
		model = text("TYP")
	}
	var firmware []string
	for _, part := range []struct{ word, name string }{{"version", "VER"}, {"revision", "REV"}, {"build", "BLD"}} {
		if value := text(part.name); value != "" {
			firmware = append(firmware, part.word+" "+value)
		}
	}
	facts = told(facts, FactModel, model)
	facts = told(facts, FactFirmware, strings.Join(firmware, ", "))
	facts = told(facts, FactHardware, text("HDW"))
	if csq, err := strconv.Atoi(fields["CSQ"]); err == nil {
		facts = told(facts, FactSignal, signalText(csq))
	}
	facts = told(facts, FactInterface, text("INT"))
	facts = told(facts, factSIM, text("SIM"))
	return told(facts, factChannel, text("CHN"))
}

// signalText is the meaning of a signal strength as AT+CSQ gives it (3GPP TS 27.007, 8.5), "" if it has none.
func signalText(csq int) string {
	switch {
	case csq == 99:
		return "not known"
	case csq < 0 || csq > 31:
		return ""
	}
	text := fmt.Sprintf("%d of 31, −%d dBm", csq, 113-2*csq)
	switch csq {
	case 0:
		text += " or less"
	case 31:
		text += " or more"
	}
	return text
}

// The questions that an iRZ modem answers about itself.
const (
	irzAskSignal      = 0x01
	irzAskInputs      = 0x02
	irzAskCell        = 0x04
	irzAskTemperature = 0x05
	irzAskICCID       = 0x0B
)

// Both marks stand in front of a question's code in an answer.
const (
	irzAnswerMark = 0x01
	irzAskMark    = 0x40
)

// irzServiceFact is what a service frame tells, false if that is nothing known.
func irzServiceFact(payload []byte) (Fact, bool) {
	if len(payload) < 3 || payload[0] != irzAnswerMark || payload[1] != irzAskMark {
		return Fact{}, false
	}
	value := payload[3:]
	f := Fact{}
	switch code := payload[2]; {
	case code == irzAskSignal && len(value) == 1:
		f = Fact{FactSignal, signalText(int(value[0]))}
	case code == irzAskInputs && len(value) == 4:
		f = Fact{FactInputs, fmt.Sprintf("% 02x", value)}
	case code == irzAskCell:
		f = Fact{FactCell, WireText(value)}
	case code == irzAskTemperature && len(value) == 1:
		f = Fact{FactTemperature, fmt.Sprintf("%d °C", int(value[0])-100)}
	case code == irzAskICCID:
		f = Fact{FactICCID, WireText(value)}
	}
	return f, f.Value != ""
}
