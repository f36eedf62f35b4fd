package profile

import (
	"bytes"
	"regexp"
)

// credential finds what iRZ modems send for the server to check: PSW=5492 and LOG=login, in either case and with spaces. A comma ends
// it, or the line does.
var credential = regexp.MustCompile(`(?i)(?:PSW|LOG)[ \t]*=[ \t]*([^,\r\n]+)`)

// MaskSecrets returns what a caller has sent with an asterisk in place of each byte of its credentials, and whether there are any.
// What has come first is masked in the same way when more has come. Where the profile declares places for credentials, these count as
// well.
func (p *Profile) MaskSecrets(came []byte) (masked []byte, any bool) {
	spans := p.credentialSpans(came)
	for _, at := range credential.FindAllSubmatchIndex(came, -1) {
		spans = append(spans, span{at[2], at[3]})
	}
	if len(spans) == 0 {
		return came, false
	}
	masked = bytes.Clone(came)
	for _, s := range spans {
		for i := s.from; i < s.to; i++ {
			masked[i] = '*'
		}
	}
	return masked, true
}
