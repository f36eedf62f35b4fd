package meters

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// answering is a wire to something that gives one answer to whatever it is asked.
func answering(t *testing.T, answers ...string) Wire {
	near, far := net.Pipe()
	var group sync.WaitGroup
	group.Go(func() {
		for _, answer := range answers {
			if _, err := far.Read(make([]byte, 300)); err != nil {
				return
			}
			if _, err := io.WriteString(far, answer); err != nil {
				return
			}
		}
		_, _ = io.Copy(io.Discard, far) // until the end
	})
	t.Cleanup(func() {
		_ = near.Close()
		_ = far.Close()
		group.Wait()
	})
	return near
}

func TestReadModbusNoticesFaults(t *testing.T) {
	good := string(frames(t, "01 03 02 61 4E*"))
	for name, c := range map[string]struct{ answer, want string }{
		"nothing":         {"", "timeout"},
		"half an answer":  {good[:4], "answer so far 01 03 02 61: "},
		"wrong sum":       {good[:6] + "\x00", "wrong check sum"},
		"another unit":    {string(frames(t, "02 03 02 61 4E*")), "not of unit 1"},
		"another request": {string(frames(t, "01 04 02 61 4E*")), "function 3"},
		"a stray byte":    {"\x00" + good, "not of unit 1"},
		"another count":   {string(frames(t, "01 03 04 61 4E 61 4E*")), "wrong length"},
		"refusal":         {string(frames(t, "01 83 02*")), "illegal data address"},
	} {
		synctest.Test(t, func(t *testing.T) {
			_, err := ReadModbus(answering(t, c.answer), 1, 3, 11, 1, time.Second)
			if err == nil || !strings.HasPrefix(err.Error(), "read 1 registers at 11 of unit 1: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func TestReadIECNoticesFaults(t *testing.T) {
	good := data("1.8.0(1)\r\n!\r\n")
	for name, c := range map[string]struct {
		answers []string
		want    string
	}{
		"nothing":         {nil, "so far \"\": "},
		"no sign-on":      {[]string{"ERROR!\r\n"}, "not an identification"},
		"short sign-on":   {[]string{"/X\r\n"}, "not an identification"},
		"no readout":      {[]string{IECIdentification}, "timeout"},
		"half a readout":  {[]string{IECIdentification, good[:9]}, "timeout"},
		"wrong sum":       {[]string{IECIdentification, good[:len(good)-1] + "\x00"}, "wrong block check"},
		"a stray byte":    {[]string{IECIdentification, "x" + good}, "not with STX"},
		"it never ends":   {[]string{IECIdentification, strings.Repeat("x", maxReadout)}, "longer than"},
		"an ETX too soon": {[]string{IECIdentification, "\x03\x03\x03"}, "not with STX"},
	} {
		synctest.Test(t, func(t *testing.T) {
			_, err := ReadIEC(answering(t, c.answers...), "7", time.Second)
			if err == nil || !strings.HasPrefix(err.Error(), `read out IEC 62056-21 meter "7": `) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func TestClientsGiveUpInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := ReadModbus(answering(t, ""), 1, 3, 0, 1, 700*time.Millisecond)
		if d := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || d != 700*time.Millisecond {
			t.Errorf("%v after %v", err, d)
		}
	})
	if _, err := AskModbus(answering(t), nil, time.Second); err == nil {
		t.Error("an empty request was sent")
	}
}
