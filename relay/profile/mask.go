package profile

import (
	"bytes"
	"regexp"
)

// credential finds what iRZ modems send for the server to check: PSW=5492 and LOG=login, in either case and with spaces. A comma ends
// it, or the line does.
var credential = regexp.MustCompile(`(?i)(?:PSW|LOG)[ \t]*=[ \t]*([^,\r\n]+)`)

// MaskSecrets returns what a caller has sent with an asterisk in place of each byte of its credentials, and whether there are any.
// What has come first is masked in the same way when more has come. A profile with credentials of its own masks them here, too.
func (p *Profile) MaskSecrets(came []byte) (masked []byte, any bool) {
	masked = came
	for _, at := range credential.FindAllSubmatchIndex(came, -1) {
		if !any {
			masked, any = bytes.Clone(came), true
		}
		for i := at[2]; i < at[3]; i++ {
			masked[i] = '*'
		}
	}
	return masked, any
}
