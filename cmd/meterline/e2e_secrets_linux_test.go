package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"meterline/cmd/meterline/exit"
)

// The secrets of TestSecretsShowNowhere, each long enough to be found wherever it stands.
const (
	roofSecret, roofLogin  = "RoofSesam-1", "RoofHerr-1"
	doorSecret, doorLogin  = "DoorSesam-2", "DoorHerr-2"
	towerSecret, newSecret = "TowerSesam-3", "NewSesam-4"
	wrongSecret, roofID    = "WrongSesam-5", "356938035643809"
	wrongLogin             = "WrongHerr-6"
)

const secretSite = `
log_file = "meterline.log"
log_level = "debug"
state = "state.json"
[profile.gate]
registration = "{login}:{secret}@{id}\r\n"
answer = "HI\r\n"
[profile.hello]
greeting = "PSW={secret},"
[exchange.irz]
listen = "HOST:7003"
profile = "irz"
[exchange.gate]
listen = "HOST:7004"
registration_timeout = "1s"
profile = "gate"
[modem.roof]
exchange = "irz"
id = "` + roofID + `"
secret = "` + roofSecret + `"
login = "` + roofLogin + `"
port = "ports/roof"
[modem.door]
exchange = "gate"
id = "door-1"
secret_file = "door.secret"
login = "` + doorLogin + `"
port = "ports/door"
[modem.hatch]
exchange = "gate"
id = "hatch-1"
secret_file = "door.secret"
login = "` + doorLogin + `"
port = "ports/hatch"
[modem.tower]
dial = "HOST:7005"
profile = "hello"
secret = "` + towerSecret + `"
port = "ports/tower"
[sim.roof]
[sim.door]
[sim.tower]
`

// Simulated modems prove who they are, strangers do not, and no secret shows in anything that the program writes.
func TestSecretsShowNowhere(t *testing.T) {
	t.Parallel()
	s := newSite(t, secretSite)
	secretFile := s.path("door.secret")
	if err := os.WriteFile(secretFile, []byte(doorSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	said := func(args ...string) { // by verbs that ask no daemon
		if code := execute(s.Context(), args, &all, &all); code != exit.Done {
			t.Errorf("%v: exit code %d: %s", args, code, all.String())
		}
	}
	said("check", s.file)
	s.run()
	said("profile", "list", "-c", s.file)
	said("profile", "show", "-c", s.file, "gate")
	for _, name := range []string{"roof", "door", "tower"} {
		s.eventually(name+" is on line", func() bool { return s.modem(name).State == "up" })
	}
	watched := []func() string{s.watch("irz"), s.watch("gate"), s.watch("roof"), s.watch("tower")}
	s.eventually("the watch has begun", func() bool {
		s.says("7004", "GET / HTTP/1.1\r\n\r\n")
		s.says("7003", "GET / HTTP/1.1\r\n\r\n")
		return strings.Contains(watched[0](), "scanner") && strings.Contains(watched[1](), "scanner")
	})
	gate := func(login, secret, id string) string { return login + ":" + secret + "@" + id + "\r\n" }
	irz := func(login, secret string) string {
		return fmt.Sprintf("AT$IMEI=%s,LOG=%s,PSW=%s,\n", roofID, login, secret)
	}
	for _, wrong := range []struct{ port, text string }{
		{"7003", irz(roofLogin, wrongSecret)}, {"7003", irz(wrongLogin, roofSecret)}, {"7003", irz("", "")},
		{"7004", gate(doorLogin, wrongSecret, "hatch-1")}, {"7004", gate(wrongLogin, doorSecret, "hatch-1")},
		{"7004", gate(doorLogin, doorSecret, "door-2")},        // an unknown id
		{"7003", gate(doorLogin, doorSecret, "door-1")},        // at the wrong exchange
		{"7004", irz(roofLogin, roofSecret)},                   // likewise
		{"7004", doorLogin + ":" + doorSecret + "@door-1\n\n"}, // another line end
		{"7003", "PW " + roofSecret + " " + roofLogin + "\r\n"},
	} {
		s.says(wrong.port, wrong.text)
	}
	s.eventually("all are refused", func() bool {
		json := s.must("status", "--json")
		return strings.Contains(json, `"wrong secret": 3`) && strings.Contains(json, `"wrong secret": 2`)
	})
	unknown := s.must("unknown")
	for _, want := range []string{"at irz: wrong secret " + roofID, "nearly: roof", "at gate: wrong secret hatch-1", "unknown id door-2"} {
		if !strings.Contains(unknown, want) {
			t.Errorf("unknown has no %q:\n%s", want, unknown)
		}
	}
	if strings.Contains(unknown, "id       = \""+roofID) || strings.Contains(unknown, "\"hatch-1\"\nport") {
		t.Errorf("a modem with a wrong secret is proposed:\n%s", unknown)
	}
	for _, name := range []string{"roof", "door", "hatch", "tower"} {
		all.WriteString(s.must("show", name))
	}
	for _, args := range [][]string{
		{"status"}, {"status", "--json"}, {"status", "--problems"}, {"unknown"}, {"unknown", "--json"}, {"unknown", "--csv"}, {"ports"}, {"reload"}, {"kick", "tower"},
	} {
		_, out := s.meterline(args...)
		all.WriteString(out)
	}
	if raw := s.must("unknown", "--raw"); !strings.Contains(strings.ReplaceAll(raw, " ", ""), hex.EncodeToString([]byte(roofSecret))) {
		t.Errorf("--raw does not show what came: %s", raw)
	}
	for _, w := range watched {
		all.WriteString(w())
	}
	all.WriteString(s.written(s.file, secretFile))
	s.showsNo(all.String(), roofSecret, roofLogin, doorSecret, doorLogin, towerSecret, wrongSecret, wrongLogin)
}

// written is what the files of the site hold, without those that have secrets in them.
func (s *site) written(except ...string) string {
	s.Helper()
	var all strings.Builder
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.Contains(strings.Join(except, "\n"), path) {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil || !strings.Contains(all.String(), "caller refused") {
		s.Errorf("the files hold %q, %v", all.String(), err)
	}
	return all.String()
}

// showsNo looks for secrets in text, as they are and in hexadecimal.
func (s *site) showsNo(text string, secrets ...string) {
	s.Helper()
	dense := strings.NewReplacer(" ", "", "\n", "").Replace(strings.ToLower(text))
	for _, secret := range secrets {
		for _, form := range []string{strings.ToLower(secret), hex.EncodeToString([]byte(secret))} {
			if at := strings.Index(dense, form); at >= 0 {
				s.Errorf("%s shows: %s", secret, dense[max(0, at-200):min(len(dense), at+60)])
			}
		}
	}
}

// A secret that has changed is asked of the next session. The one that stands is not disturbed.
func TestChangedSecret(t *testing.T) {
	t.Parallel()
	config := strings.Split(secretSite, "[sim.roof]")[0]
	s := newSite(t, config)
	secretFile := s.path("door.secret")
	write := func(secret string) {
		if err := os.WriteFile(secretFile, []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(doorSecret)
	ln, err := net.Listen("tcp", s.host+":7005")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	s.run()
	greeted := func(secret string) net.Conn {
		conn, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		want := "PSW=" + secret + ","
		got := make([]byte, len(want))
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != want {
			t.Errorf("greeted with %q, %v", got, err)
		}
		return conn
	}
	tower := greeted(towerSecret)
	dial := func(secret string) *party {
		conn, err := net.Dial("tcp", s.host+":7004")
		if err != nil {
			t.Fatal(err)
		}
		m := newParty(s, "door", conn)
		m.say(doorLogin + ":" + secret + "@door-1\r\n")
		return m
	}
	door := dial(doorSecret)
	s.has("door", door)
	write(newSecret)
	s.configure(strings.ReplaceAll(config, towerSecret, newSecret+"!"))
	if out := s.must("reload"); !strings.Contains(out, "changed: modem door, modem hatch, modem tower") {
		t.Errorf("reload says %q", out)
	}
	if st := s.modem("door"); st.State != "up" || st.Peer != door.local() {
		t.Errorf("the session was disturbed: %+v", st)
	}
	s.says("7004", doorLogin+":"+doorSecret+"@door-1\r\n") // the old one
	if st := s.modem("door"); st.State != "up" || st.Peer != door.local() {
		t.Errorf("the old secret displaced the session: %+v", st)
	}
	s.has("door", dial(newSecret))
	if st := s.modem("tower"); st.State != "up" {
		t.Errorf("the session that we have called was disturbed: %+v", st)
	}
	_ = tower.Close()
	_ = greeted(newSecret + "!").Close()
}
