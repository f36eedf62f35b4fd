package wire

import (
	"maps"
	"slices"
	"strings"

	"meterline/relay/crc16"
)

// checksum is a kind of checksum, by the name of its place.
type checksum struct {
	size int // bytes
	sum  func([]byte) uint32
}

var checksums = map[string]checksum{
	"sum8":         {1, sum8},
	"xor8":         {1, xor8},
	"crc16":        {2, func(p []byte) uint32 { return uint32(crc16.Modbus.Sum(p)) }},    // Modbus RTU's
	"crc16-x25":    {2, func(p []byte) uint32 { return uint32(^crc16.HDLC.Sum(p)) }},     // HDLC's
	"crc16-ccitt":  {2, func(p []byte) uint32 { return uint32(crc16.CCITT(0xFFFF, p)) }}, // CRC-16/CCITT-FALSE
	"crc16-xmodem": {2, func(p []byte) uint32 { return uint32(crc16.CCITT(0x0000, p)) }}, // CRC-16/XMODEM
}

// checksumPlaces returns the places of all checksums, to choose from.
func checksumPlaces() string {
	names := slices.Sorted(maps.Keys(checksums))
	for i, name := range names {
		names[i] = "{" + name + "}"
	}
	return strings.Join(names, ", ")
}

// sum8 returns the sum of the bytes, of which a place has the low byte.
func sum8(p []byte) (sum uint32) {
	for _, b := range p {
		sum += uint32(b)
	}
	return sum
}

func xor8(p []byte) (sum uint32) {
	for _, b := range p {
		sum ^= uint32(b)
	}
	return sum
}

// Checksums returns the names of their places.
func Checksums() []string { return slices.Sorted(maps.Keys(checksums)) }

// IsChecksum reports whether p is the place of a checksum.
func (p *Part) IsChecksum() bool { return checksums[p.Name].size > 0 }

// parseChecksum reads the place of a checksum.
func parseChecksum(name, argument string, hasArgument bool) (Part, error) {
	p := Part{Name: name, Length: checksums[name].size, Format: argument}
	switch {
	case !hasArgument, argument == littleEndian && p.Length > 1:
		return p, nil
	case p.Length == 1:
		return p, Notation("write {"+name+"}", "{%s:%s}: it has one byte", name, argument)
	}
	return p, Notation("write {"+name+"}, or {"+name+":le} if the low byte comes first", "{%s:%s}: %q is no order of bytes", name, argument, argument)
}

// appendChecksum appends the checksum of covered to dst. The two may share an array.
func (p *Part) appendChecksum(dst, covered []byte) []byte {
	return p.appendNumber(dst, uint64(checksums[p.Name].sum(covered)))
}

// right reports whether sent is the checksum of covered.
func (p *Part) right(covered, sent []byte) bool {
	return uint64(checksums[p.Name].sum(covered))&(1<<(8*p.Length)-1) == p.number(sent)
}

// littleEndian is the format of a number whose low byte comes first.
const littleEndian = "le"

// appendNumber writes n into a place; of a longer number its low bytes.
func (p *Part) appendNumber(dst []byte, n uint64) []byte {
	for i := range p.Length {
		shift := 8 * (p.Length - 1 - i)
		if p.Format == littleEndian {
			shift = 8 * i
		}
		dst = append(dst, byte(n>>shift))
	}
	return dst
}

// number reads the number in a place.
func (p *Part) number(sent []byte) (n uint64) {
	for i := range sent {
		at := i
		if p.Format == littleEndian {
			at = len(sent) - 1 - i
		}
		n = n<<8 | uint64(sent[at])
	}
	return n
}
