package control

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meterline/bridge/fallback"
	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/cmd/meterline/control/controltest"
	"meterline/cmd/meterline/exit"
	"meterline/relay"
)

func TestRefusalsKeepTheirExitCode(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{errors.New("no modem is called x"), exit.Failed},
		{exit.UsageError(errors.New("a.toml:3: wrong\na.toml:4: worse")), exit.Usage},
	} {
		_, err := serveFake(t, &fakeDaemon{err: c.err}).Reload(t.Context())
		if exit.Code(err) != c.want || err.Error() != c.err.Error() {
			t.Errorf("%v: code %d, error %v", c.err, exit.Code(err), err)
		}
	}
	err := serveFake(t, &fakeDaemon{err: errors.New("it is away")}).Kick(t.Context(), "x")
	if exit.Code(err) != exit.Failed || err.Error() != "it is away" {
		t.Errorf("kick: %v", err)
	}
}

func TestWakeTellsWhatWasDone(t *testing.T) {
	d := &fakeDaemon{}
	woken, err := serveFake(t, d).Wake(t.Context(), "roof")
	want := fallback.WakeResult{By: modem.WakeSMS, USB: "gsm1", Number: "+79180001122", Wait: 90 * time.Second}
	if err != nil || woken != want || len(d.kicked) != 1 || d.kicked[0] != "roof" {
		t.Errorf("%+v, %v, asked for %q", woken, err, d.kicked)
	}
	_, err = serveFake(t, &fakeDaemon{err: errors.New("it has no fallback")}).Wake(t.Context(), "roof")
	if exit.Code(err) != exit.Failed || err.Error() != "it has no fallback" {
		t.Errorf("wake: %v", err)
	}
}

func TestProbeIsBounded(t *testing.T) {
	d := &fakeDaemon{answer: []byte("pong")}
	c := serveFake(t, d)
	for _, bad := range []ProbeRequest{
		{Modem: "m", Timeout: time.Second, Pause: time.Second},
		{Modem: "m", Request: make([]byte, maxProbeRequest+1), Timeout: time.Second, Pause: time.Second},
		{Modem: "m", Request: []byte{1}, Timeout: maxProbeTime + 1, Pause: time.Second},
		{Modem: "m", Request: []byte{1}, Timeout: time.Second, Pause: 2 * time.Second},
		{Modem: "m", Request: []byte{1}, Timeout: -1, Pause: -1},
	} {
		if _, err := c.Probe(t.Context(), bad); exit.Code(err) != exit.Usage {
			t.Errorf("timeout %v, %d bytes: %v", bad.Timeout, len(bad.Request), err)
		}
	}
	good := ProbeRequest{Modem: "m", Request: []byte("ping"), Timeout: time.Second, Pause: time.Millisecond}
	got, err := c.Probe(t.Context(), good)
	if err != nil || string(got.Answer) != "pong" {
		t.Errorf("probe: %q, %v", got.Answer, err)
	}
	if diff := cmp.Diff(good, d.probed); diff != "" {
		t.Errorf("what the daemon was asked (-sent +came):\n%s", diff)
	}
}

func TestBodiesAreBoundedAndStrict(t *testing.T) {
	c := serveFake(t, &fakeDaemon{})
	for name, body := range map[string]string{
		"huge":    `{"name":"` + strings.Repeat("x", maxRequestBody) + `"}`,
		"unknown": `{"nam":"x"}`,
		"garbage": `\x00`,
		"empty":   ``,
	} {
		answer, err := c.http.Post("http://meterline"+kick.path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", name, answer.Status)
		}
	}
	answer, err := c.http.Get("http://meterline/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusNotFound {
		t.Errorf("another path: %s", answer.Status)
	}
}

func TestStatusAndCallersArriveWhole(t *testing.T) {
	d := &fakeDaemon{
		status: controltest.Status(),
		unknown: []relay.UnknownCaller{{
			Exchange: "gprs", Profile: "imei", Peer: "10.0.0.7", ID: "1", Key: "id", Reason: "unknown id", Near: "one digit", Size: 3, Bytes: relay.Hex("\x001\n"), Text: ".1.",
			First: controltest.Noon, Last: controltest.Noon, Count: 3,
		}},
		report: ReloadReport{Changes: status.Changes{Added: []string{"a"}}, Notes: []string{"n"}},
	}
	c := serveFake(t, d)
	st, err := c.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d.status, st); diff != "" {
		t.Errorf("status:\n%s", diff)
	}
	for _, raw := range []bool{false, true} {
		callers, err := c.Unknown(t.Context(), raw)
		if diff := cmp.Diff(d.Unknown(raw), callers); diff != "" || err != nil {
			t.Errorf("unknown, raw %v: %v\n%s", raw, err, diff)
		}
	}
	report, err := c.Reload(t.Context())
	if diff := cmp.Diff(d.report, report); diff != "" || err != nil {
		t.Errorf("reload: %v\n%s", err, diff)
	}
}

func TestWatchEndsWithTheWatcher(t *testing.T) {
	d := &fakeDaemon{status: controltest.Status(), tap: make(chan status.Traffic), watched: make(chan struct{})}
	c := serveFake(t, d)
	if err := c.Watch(t.Context(), "nobody", false, nil); exit.Code(err) != exit.Failed || !strings.Contains(err.Error(), `"nobody"`) {
		t.Errorf("an unknown name: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	lines := make(chan string)
	ended := make(chan error, 1)
	go func() {
		ended <- c.Watch(ctx, "boiler", true, func(line []byte) error { lines <- string(line); return nil })
	}()
	for i := range 3 {
		d.tap <- status.Traffic{At: controltest.Noon, Dir: status.ToModem, Data: []byte{byte(i)}}
		if line := <-lines; !strings.Contains(line, `"to-modem"`) {
			t.Errorf("line %q", line)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("interrupted: %v", err)
	}
	<-d.watched
	if !d.raw {
		t.Error("credentials were asked for, and are masked")
	}
}

func TestWatchEndsWithTheDaemon(t *testing.T) {
	d := &fakeDaemon{
		status: controltest.Status(), tap: make(chan status.Traffic), watched: make(chan struct{}), err: errors.New("the port is gone"),
	}
	c := serveFake(t, d)
	var out strings.Builder
	close(d.tap)
	err := c.Watch(t.Context(), "boiler", false, func(line []byte) error { out.Write(line); return nil })
	if exit.Code(err) != exit.Unreachable || !errors.Is(err, io.EOF) || !strings.Contains(out.String(), "the port is gone") {
		t.Errorf("%v, printed %q", err, out.String())
	}
}
