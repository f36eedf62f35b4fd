package frame

import (
	"fmt"
	"testing"

	"meterline/bridge/frame/hdlc"
)

// get is a request for an attribute, in an information frame.
func get(sent, received int, invoke, attribute byte) string {
	info := []byte{0xE6, 0xE6, 0, hdlc.GetRequest, 1, 0xC0 | invoke, 0, 1, 1, 0, 0, 2, 0, 0xFF, attribute, 0}
	return fmt.Sprintf("%X", hdlcOf(false, byte(sent<<1|received<<5|hdlc.Final), false, info))
}

// got is its answer.
func got(sent, received int, invoke, value byte) string {
	info := []byte{0xE6, 0xE7, 0, hdlc.GetResponse, 1, 0xC0 | invoke, 0, 0x11, value}
	return fmt.Sprintf("%X", hdlcOf(true, byte(sent<<1|received<<5|hdlc.Final), false, info))
}

// A frame that the client repeats while its answer is on the way reaches the meter once.
func TestNumberedRepeat(t *testing.T) {
	for _, guard := range []Guard{On, Strict} {
		hexPlay(t, Config{Protocol: HDLC, Guard: guard},
			step{0, "write", get(1, 1, 1, 2), []string{"> " + get(1, 1, 1, 2)}},
			step{2 * sec, "write", get(1, 1, 1, 2), nil},
			step{2500 * ms, "come", got(1, 2, 1, 7), []string{"repeat of the request under way: " + get(1, 1, 1, 2), "< " + got(1, 2, 1, 7)}},
			step{2600 * ms, "write", get(2, 2, 2, 2), []string{"> " + get(2, 2, 2, 2)}},
		)
	}
	hexPlay(t, Config{Protocol: HDLC},
		step{0, "write", get(1, 1, 1, 2), []string{"> " + get(1, 1, 1, 2)}},
		step{2 * sec, "write", get(1, 1, 1, 2), nil},
		step{3 * sec, "write", get(2, 1, 2, 2), []string{"repeat of the request under way: " + get(1, 1, 1, 2), "> " + get(2, 1, 2, 2)}},
	)
	hexPlay(t, Config{Protocol: HDLC},
		step{0, "write", get(1, 1, 1, 2), []string{"> " + get(1, 1, 1, 2)}},
		step{2 * sec, "write", get(1, 1, 1, 2), nil},
		step{5 * sec, "", "", []string{"> " + get(1, 1, 1, 2)}},
		// Both copies are answered: the second answer is not the next request's.
		step{5500 * ms, "come", got(1, 2, 1, 7), []string{"< " + got(1, 2, 1, 7)}},
		step{5600 * ms, "write", get(2, 2, 2, 3), []string{"> " + get(2, 2, 2, 3)}},
		step{5700 * ms, "come", got(1, 2, 1, 7), []string{"late answer: " + got(1, 2, 1, 7)}},
		step{5800 * ms, "come", got(2, 3, 2, 8), []string{"< " + got(2, 3, 2, 8)}},
	)
}

// In pieces it is a repeat as well.
func TestNumberedRepeatInPieces(t *testing.T) {
	request := octets(t, get(1, 1, 1, 2))
	front, rest := fmt.Sprintf("%X", request[:9]), fmt.Sprintf("%X", request[9:])
	hexPlay(t, Config{Protocol: HDLC},
		step{0, "write", get(1, 1, 1, 2), []string{"> " + get(1, 1, 1, 2)}},
		step{2 * sec, "write", front, nil},
		step{2300 * ms, "come", got(1, 2, 1, 7), nil},
		step{2500 * ms, "write", rest, []string{"repeat of the request under way: " + get(1, 1, 1, 2), "< " + got(1, 2, 1, 7)}},
	)
}

// A client that gives the numbers of a request which it has given up to the next one must wait: nothing tells the answers apart.
func TestNumbersUsedAgain(t *testing.T) {
	hexPlay(t, Config{Protocol: HDLC},
		step{0, "write", get(1, 1, 1, 2), []string{"> " + get(1, 1, 1, 2)}},
		step{2 * sec, "write", get(1, 1, 1, 3), nil},
		step{2500 * ms, "come", got(1, 2, 1, 7), []string{"late answer: " + got(1, 2, 1, 7), "> " + get(1, 1, 1, 3)}},
		step{3 * sec, "come", got(1, 2, 1, 8), []string{"< " + got(1, 2, 1, 8)}},
	)
	hexPlay(t, Config{Protocol: HDLC}, // another invoke id tells
		step{0, "write", get(1, 1, 1, 2), []string{"> " + get(1, 1, 1, 2)}},
		step{2 * sec, "write", get(1, 1, 2, 3), []string{"> " + get(1, 1, 2, 3)}},
		step{2500 * ms, "come", got(1, 2, 1, 7), []string{"late answer: " + got(1, 2, 1, 7)}},
	)
	hexPlay(t, Config{Protocol: HDLC}, // it is an earlier one that has the numbers
		step{0, "write", get(1, 1, 1, 2), []string{"> " + get(1, 1, 1, 2)}},
		step{1 * sec, "write", get(2, 1, 2, 2), []string{"> " + get(2, 1, 2, 2)}},
		step{2 * sec, "write", get(1, 1, 1, 3), nil},
		step{5 * sec, "", "", []string{"> " + get(1, 1, 1, 3)}},
	)
}

// A frame that is damaged goes to the client, which asks again at once.
func TestDamagedNumberedAnswer(t *testing.T) {
	damaged := octets(t, got(1, 2, 1, 7))
	damaged[len(damaged)-4] ^= 1
	text := fmt.Sprintf("%X", damaged)
	hexPlay(t, Config{Protocol: HDLC},
		step{0, "write", get(1, 1, 1, 2), []string{"> " + get(1, 1, 1, 2)}},
		step{500 * ms, "come", text, []string{"< " + text}},
		step{600 * ms, "write", get(1, 1, 1, 2), []string{"> " + get(1, 1, 1, 2)}},
		step{900 * ms, "come", got(1, 2, 1, 7), []string{"< " + got(1, 2, 1, 7)}},
	)
}
