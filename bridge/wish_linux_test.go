package bridge

import (
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
)

// wish is a message that says at which speed it is to reach the far port.
func wish(speed uint32, nonce uint64, random *rand.Rand) []byte {
	n := random.IntN(40)
	p := append(make([]byte, 0, 64), wishBegins, byte(n))
	p = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(p, speed), nonce)
	for range n {
		p = append(p, []byte{0, 0x40, '\r', '\n', 0xFF, 0x11, byte(random.Uint32())}[random.IntN(7)])
	}
	return binary.BigEndian.AppendUint32(p, crc32.ChecksumIEEE(p))
}

// wishIn finds the first whole message in p; skipped is what stands before it, or cannot be the beginning of one.
func wishIn(p []byte) (speed uint32, nonce uint64, whole []byte, skipped int) {
	for ; skipped < len(p); skipped++ {
		q := p[skipped:]
		if q[0] != wishBegins || len(q) > 1 && q[1] >= 40 {
			continue
		}
		if len(q) < 2 || len(q) < wishHead+int(q[1])+4 {
			return 0, 0, nil, skipped
		}
		whole = q[:wishHead+int(q[1])+4]
		if body := whole[:len(whole)-4]; crc32.ChecksumIEEE(body) == binary.BigEndian.Uint32(whole[len(body):]) {
			return binary.BigEndian.Uint32(q[2:]), binary.BigEndian.Uint64(q[6:]), whole, skipped
		}
	}
	return 0, 0, nil, skipped
}
