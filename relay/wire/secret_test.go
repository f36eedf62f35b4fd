package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
)

const hiddenText = "geheim-5492"

// Whatever writes a secret, or a struct with one in it, does not write its text.
func TestSecretIsNeverWritten(t *testing.T) {
	type holder struct {
		Exported   Secret
		unexported Secret
		inside     struct{ credentials Credentials }
	}
	h := holder{Exported: NewSecret(hiddenText), unexported: NewSecret(hiddenText)}
	h.inside.credentials = Credentials{NewSecret(hiddenText), NewSecret(hiddenText)}
	values := []any{h, &h, h.Exported, &h.Exported, []Secret{h.Exported}, map[string]Secret{"a": h.Exported}, h.inside.credentials}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3s", "%c", "%p", "%t"} {
		for _, v := range values {
			if got := fmt.Sprintf(verb, v); shows(got) {
				t.Errorf("%s of %T: %s", verb, v, got)
			}
		}
	}
	if got := errors.Join(fmt.Errorf("wrong: %w, %v", errors.ErrUnsupported, h)).Error(); shows(got) {
		t.Error(got)
	}
	for _, v := range values {
		if b, err := json.Marshal(v); err != nil || shows(string(b)) {
			t.Errorf("JSON of %T: %s, %v", v, b, err)
		}
		var out bytes.Buffer
		slog.New(slog.NewJSONHandler(&out, nil)).Info("a", "b", v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("a", "b", v)
		if shows(out.String()) {
			t.Errorf("log of %T: %s", v, out.String())
		}
	}
	if got := fmt.Sprint(h.Exported, Secret{}, NewSecret("")); got != "***  " {
		t.Errorf("%q", got)
	}
}

func shows(got string) bool {
	return strings.Contains(got, hiddenText) || strings.Contains(strings.ToLower(got), fmt.Sprintf("%x", hiddenText))
}

func TestSecretsAreCompared(t *testing.T) {
	a, b := Credentials{Secret: NewSecret("a")}, Credentials{Secret: NewSecret(strings.Clone("a"))}
	if !reflect.DeepEqual(a, b) || reflect.DeepEqual(a, Credentials{Secret: NewSecret("b")}) || reflect.DeepEqual(a, Credentials{}) {
		t.Error("reload does not see which secrets have changed")
	}
	if string(a.Secret.Reveal()) != "a" || (Secret{}).Reveal() != nil || NewSecret("").IsSet() {
		t.Error("the text is lost")
	}
}

func TestAdmits(t *testing.T) {
	of := func(login, secret string) Credentials { return Credentials{NewSecret(login), NewSecret(secret)} }
	for _, c := range []struct {
		known, sent Credentials
		want        bool
	}{
		{of("", ""), of("", ""), true},
		{of("", ""), of("x", "y"), true},
		{of("", "5492"), of("", ""), false},
		{of("", "5492"), of("", "549"), false},
		{of("", "5492"), of("", "54921"), false},
		{of("", "5492"), of("", "5493"), false},
		{of("", "5492"), of("5492", ""), false},
		{of("", "5492"), of("any", "5492"), true},
		{of("me", "5492"), of("", "5492"), false},
		{of("me", "5492"), of("you", "5492"), false},
		{of("me", "5492"), of("me", "5493"), false},
		{of("me", "5492"), of("5492", "me"), false},
		{of("me", "5492"), of("me", "5492"), true},
	} {
		if got := c.known.Admits(c.sent); got != c.want {
			t.Errorf("%q %q admits %q %q: %v", c.known.Login.Reveal(), c.known.Secret.Reveal(), c.sent.Login.Reveal(), c.sent.Secret.Reveal(), got)
		}
	}
}

// Known secrets are found wherever they stand, whole. Short ones may stand in an id by chance.
func TestKnownSecretsAreMasked(t *testing.T) {
	known := KnowSecrets([]Credentials{{NewSecret("der-Herr"), NewSecret("Sesam!")}, {Secret: NewSecret("12345678")}, {NewSecret("short"), NewSecret("1234567")}, {}})
	for text, want := range map[string]string{
		"": "", "Sesam": "Sesam", "sesam!": "sesam!", "Sesam!": "******", "xSesam!Sesam!y": "x************y", "short": "short",
		"861234567890123": "86********90123", "1234567": "1234567", "pw=der-Herr/Sesam!\n": "pw=********/******\n",
	} {
		p := []byte(text)
		if found := known.Mask(p); string(p) != want || found != (text != want) {
			t.Errorf("%q: %q, %v, want %q", text, p, found, want)
		}
	}
	if (*KnownSecrets)(nil).Mask([]byte("Sesam!")) {
		t.Error("nobody's secrets were found")
	}
	if text := fmt.Sprintf("%+v", known); strings.Contains(text, "Sesam") {
		t.Error(text)
	}
}
