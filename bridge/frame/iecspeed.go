package frame

// BeforeChange returns how many of the bytes b, which a port has found together with a change of its settings, were written
// before the change. The kernel does not say: a program that writes and then changes looks like one that changes and then writes.
//
// A program changes the settings behind its own bytes only where it expects no answer at the old ones. Among the meters'
// protocols only IEC 62056-21 has such bytes: the acknowledgement that agrees on a speed, and the break that ends a session.
// Everything else is a request at the new settings. lately ends with what was handed over just before, for programs that write
// byte by byte.
func BeforeChange(b, lately []byte) int {
	for known := min(len(lately), iecSelect-1); known >= 0; known-- {
		all := append(append([]byte(nil), lately[len(lately)-known:]...), b[:min(len(b), iecSelect)]...)
		for i, c := range all {
			all[i] = c & 0x7F // a program may make its parity itself
		}
		if n := lastWords(all) - known; n > 0 {
			return n
		}
	}
	return 0
}

// lastWords is the length of the acknowledgement (ACK, protocol, speed, mode, CR, LF) or break (SOH, B, 0, ETX, check character)
// that b begins with, 0 if it begins with neither.
func lastWords(b []byte) int {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	switch {
	case len(b) >= iecSelect && b[0] == iecACK && digit(b[1]) && b[2] > ' ' && b[3] > ' ' && b[4] == '\r' && b[5] == '\n':
		return iecSelect
	case len(b) >= 5 && string(b[:4]) == "\x01B0\x03":
		return 5
	}
	return 0
}
