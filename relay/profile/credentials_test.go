package profile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"meterline/relay/wire"
)

func credentials(login, secret string) wire.Credentials {
	return wire.Credentials{Login: wire.NewSecret(login), Secret: wire.NewSecret(secret)}
}

// What a modem gives to prove who it is reaches the verdict at every split, and neither its facts nor what is printed of it.
func TestCredentialsOfRegistrations(t *testing.T) {
	lines := &Profile{Kind: Declared, Registration: tmpl("{login}:{secret}@{id};CSQ={signal}\r\n")}
	fixed := &Profile{Kind: Declared, Registration: tmpl("hex:01 {secret:6} {id:4}")}
	last := &Profile{Kind: Declared, Registration: tmpl("{id}/{secret:4}")}
	for _, c := range []struct {
		p             *Profile
		came          string
		login, secret string
	}{
		{&Profile{Kind: IRZ}, "AT$IMEI=861234567890123,TYP=ATM,\n", "", ""},
		{&Profile{Kind: IRZ}, "AT$IMEI=861234567890123,PSW=,LOG=,\n", "", ""},
		{&Profile{Kind: IRZ}, "AT$IMEI=861234567890123,PSW=geheim,PSW=zwei\n", "", "geheim"},
		{&Profile{Kind: IRZ}, "AT$log = der Herr ,psw=ge=heim,IMEI=861234567890123\n", "der Herr", "ge=heim"},
		{lines, ":@1001;CSQ=17\r\n", "", ""},
		{lines, "herr:geheim@1001;CSQ=17\r\n", "herr", "geheim"},
		{lines, "her:r:ge:heim@1001;CSQ=17\r\n", "her", "r:ge:heim"},
		{lines, "\xff\x00:\x01\xfe@1001;CSQ=17\r\n", "\xff\x00", "\x01\xfe"},
		{fixed, "\x01geheim1001", "", "geheim"},
		{fixed, "\x01geh\x00\x00\x001001", "", "geh"},
		{fixed, "\x01  geh\xff1001", "", "geh"},
		{fixed, "\x01\x00\x00\x00\x00\x00\x001001", "", ""},
		{last, "1001/5492", "", "5492"},
	} {
		for n := range len(c.came) {
			reg, err := c.p.NewRegistration(nil)
			if err != nil {
				t.Fatal(err)
			}
			if v := reg.Feed([]byte(c.came[:n])); v.Done || v.Refused != "" {
				t.Fatalf("%q: %+v after %d bytes", c.came, v, n)
			}
			v := reg.Feed([]byte(c.came[n:]))
			if !v.Done || !v.Sent().Equal(credentials(c.login, c.secret)) {
				t.Fatalf("%q, split at %d: done %v, login %q, secret %q", c.came, n, v.Done, v.Sent().Login.Reveal(), v.Sent().Secret.Reveal())
			}
			if text := fmt.Sprintf("%v %+v %#v", v, &v, v.Facts); c.secret != "" && strings.Contains(text, c.secret) || c.login != "" && strings.Contains(text, c.login) {
				t.Fatalf("%q is shown as %s", c.came, text)
			}
		}
	}
}

// A registration that did not fit, or not yet, is shown without what may be a credential, at every length.
func TestCredentialsAreHidden(t *testing.T) {
	for _, c := range []struct{ registration, came, want string }{
		{"ID={id};PW={secret}\r\n", "ID=1001;PW=geheim\r\n", "ID=1001;PW=******\r\n"},
		{"ID={id};PW={secret}\r\n", "ID=1001;PW=geheim", "ID=1001;PW=******"},
		{"ID={id};PW={secret}\r\n", "ID=1001;PW=geheim\n", "ID=1001;PW=*******"},
		{"ID={id};PW={secret}\r\n", "id=1001;pw=geheim\r\n", "id=1001;pw=******\r\n"},
		{"ID={id};PW={secret}\r\n", "xxID=1001;PW=geheim;PW=zwei\r\n", "xxID=1001;PW=**************\r\n"},
		{"ID={id};PW={secret}\r\n", "LOGIN:1001\r\n", "LOGIN:1001\r\n"},
		{"PW={secret};ID={id}\r\n", "PW=geheim,ID=1001\r\n", "PW=****************"},
		{"{login}:{secret}@{id}\r\n", "herr:geheim@1001", "****:******@1001"},
		{"{login}:{secret}@{id}\r\n", "herr:geheim", "****:******"},
		{"{login}:{secret}@{id}\r\n", "herr", "****"},
		{"{id:4}{secret:6}\r\n", "1001geheim\r\n", "1001******\r\n"},
		{"{id:4}{secret:6}\r\n", "1001geheimX\r\n", "1001*********"},
		{"{id:4}{secret:6}\r\n", "1001geh", "1001***"},
		{"A{id:4}{secret:6}", "B1001geheim", "***********"},
		{"{id}/{secret:4}", "1001/5492", "1001/****"},
		{"{id}\r\n", "PW=geheim\r\n", "PW=geheim\r\n"},
		{"ID={id}\xc3\x84{secret}\r\n", "x", "x"},
	} {
		var p Profile
		if c.registration == "ID={id}\xc3\x84{secret}\r\n" {
			p = Profile{Kind: Declared, Registration: tmpl("hex:49 44 3D {id} C3 84 {secret} 0D 0A")}
		} else {
			p = Profile{Kind: Declared, Registration: tmpl(c.registration)}
		}
		shown, _ := p.MaskSecrets([]byte(c.came))
		if string(shown) != c.want {
			t.Errorf("%q under %q is shown as %q, want %q", c.came, c.registration, shown, c.want)
		}
		from := strings.Index(c.want, "*")
		for n := max(from, 0); n < len(c.came) && from >= 0; n++ { // a watcher sees them as they come
			shown, _ := p.MaskSecrets([]byte(c.came[:n]))
			if at := strings.Index(c.came, "geheim"); n > at && at >= 0 && strings.Trim(string(shown[at:min(n, at+6)]), "*") != "" {
				t.Errorf("%q under %q shows %q after %d bytes", c.came, c.registration, shown, n)
			}
		}
	}
}

// Bytes that are no text do not confuse the search for what stands before a credential.
func TestCredentialsInGarbageAreHidden(t *testing.T) {
	p := Profile{Kind: Declared, Registration: tmpl("ID={id};PW={secret}\r\n")}
	for _, came := range []string{"\xff\xfe;PW=geheim\r\n", "\xc4\xb0;pw=geheim", "\xe2\x84\xaa;Pw=geheim\n"} {
		shown, _ := p.MaskSecrets([]byte(came))
		if len(shown) != len(came) || strings.Contains(string(shown), "geheim") {
			t.Errorf("%q is shown as %q", came, shown)
		}
	}
}

func TestGreetingWithCredentials(t *testing.T) {
	p := Profile{Name: "x", Kind: Declared, Greeting: tmpl("PSW={secret},L={login},{date:YYYY}")}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	year := time.Now().Format("2006")
	if got := string(p.Hello(credentials("herr", "geheim"))); got != "PSW=geheim,L=herr,"+year {
		t.Errorf("greeted with %q", got)
	}
	if got := string(p.Hello(wire.Credentials{})); got != "PSW=,L=,"+year {
		t.Errorf("greeted with %q", got)
	}
	if p.Registers() {
		t.Error("a greeting is no registration")
	}
	if login, secret := p.Sends(); !login || !secret {
		t.Error("nobody knows that the greeting has secrets")
	}
}
