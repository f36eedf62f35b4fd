package service

import (
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// restartAfter is how long Windows waits before it restarts a service that has ended by itself: after the first failure, the second, and
// all others. The count starts again when it has run for failuresForgotten.
var restartAfter = []time.Duration{5 * time.Second, 30 * time.Second, time.Minute}

const failuresForgotten = 24 * time.Hour

// serviceSID returns the SID of the service called name ("NT SERVICE\name"), whether it is installed or not. Windows makes it of the SHA-1 of
// the name in capitals, which is not for secrecy.
func serviceSID(name string) string {
	var text []byte
	for _, unit := range utf16.Encode([]rune(strings.ToUpper(name))) {
		text = binary.LittleEndian.AppendUint16(text, unit)
	}
	sum := sha1.Sum(text)
	var sid strings.Builder
	sid.WriteString("S-1-5-80")
	for part := sum[:]; len(part) > 0; part = part[4:] {
		fmt.Fprintf(&sid, "-%d", binary.LittleEndian.Uint32(part))
	}
	return sid.String()
}

// folderAccess returns the security descriptor of the service's folder. The system and administrators may do everything, the service may
// change files, and other users may do nothing: below %ProgramData% they could otherwise put a configuration there, and read a SIM's
// PIN. Administrators own the folder whoever has made it, because its owner could change the descriptor.
func folderAccess(service string) string {
	return fmt.Sprintf("O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;%s)", service)
}
