package pty

// overtaken tells how many of the bytes b, which were found together with the news of a change of settings, were written before the
// change. The kernel does not tell: a program that writes and then changes looks like one that changes and then writes. But a
// program changes the settings behind its own words only where it expects no answer at the old ones, and this is, among the
// meters' protocols, what IEC 62056-21 has: the acknowledgement that agrees on a speed, and the break that ends a session.
// Everything else is a request at the new settings. lately ends with what was handed over just before, for programs that write
// byte by byte.
func overtaken(b, lately []byte) int {
	for known := min(len(lately), endMost-1); known >= 0; known-- {
		all := append(append([]byte(nil), lately[len(lately)-known:]...), b[:min(len(b), endMost)]...)
		for i, c := range all {
			all[i] = c & 0x7F // a program may make its parity itself
		}
		if n := ending(all) - known; n > 0 {
			return n
		}
	}
	return 0
}

// endMost is the length of the longest ending.
const endMost = 6

// ending is the length of the acknowledgement (ACK, protocol, speed, mode, CR, LF) or break (SOH, B, 0, ETX, check character) that b
// begins with, 0: it begins with none.
func ending(b []byte) int {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	switch {
	case len(b) >= 6 && b[0] == 0x06 && digit(b[1]) && b[2] > ' ' && b[3] > ' ' && b[4] == '\r' && b[5] == '\n':
		return 6
	case len(b) >= 5 && string(b[:4]) == "\x01B0\x03":
		return 5
	}
	return 0
}
