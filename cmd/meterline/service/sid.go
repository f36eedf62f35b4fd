package service

import (
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// restartAfter is how long Windows waits before it starts a service again that has ended by itself: the first time, the
// second, and every further one until it has run for failuresForgotten.
var restartAfter = []time.Duration{5 * time.Second, 30 * time.Second, time.Minute}

const failuresForgotten = 24 * time.Hour

// serviceSID is the SID that Windows gives to the service called name ("NT SERVICE\name"), installed or not: the SHA-1 of
// its name in capitals, which keeps no secret.
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

// folderAccess is who may do what in the service's folder, as a security descriptor: the system and administrators
// everything, the service change files. Other users have no way in: below %ProgramData% they could otherwise put a
// configuration there, and read a SIM's PIN. Administrators own it, whoever made it: an owner may change the list.
func folderAccess(service string) string {
	return fmt.Sprintf("O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;%s)", service)
}
