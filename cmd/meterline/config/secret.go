package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"strings"

	"meterline/cmd/meterline/config/table"
	"meterline/relay/profile"
	"meterline/relay/wire"
)

// secretKeys say how the modem and we prove to each other who we are. They are read when its profile is known. No fault or warning
// contains a secret.
var secretKeys = table.Keys[modemDecl]{
	{
		Name: "secret", Form: table.Later[modemDecl]("bytes"), Otherwise: "none",
		Doc: "Password that the modem must give when it registers, `PSW=` under `irz` or `{secret}` of a profile. Under `dial`: the `{secret}` of the greeting.",
	}, {
		Name: "secret_file", Form: table.Later[modemDecl]("path"), Otherwise: "none",
		Doc: "File with the secret alone, readable for the daemon alone, in place of `secret`.",
	}, {
		Name: "login", Form: table.Later[modemDecl]("bytes"), Otherwise: "none",
		Doc: "Login that goes with the secret, `LOG=` under `irz` or `{login}` of a profile.",
	},
}

// longestSecret is how many bytes a secret or login may have. Makers' settings allow 4 to 64.
const longestSecret = 256

// secretNotation is how a secret is written.
const secretNotation = `write %s = "…" in quotes, as ASCII, or as "hex:" and pairs of hexadecimal digits`

// credentials checks what a modem proves itself by, against the profiles by which it calls in and is called.
func (c *checker) credentials(t *table.Table, m *modemDecl) {
	var in profile.Profile
	e := c.exchanges[m.Exchange]
	switch {
	case m.Exchange != "" && e.known:
		in = e.Profile
	case t.Wrong("exchange", "profile"), m.Exchange != "":
		return // whether it has credentials is not known
	}
	c.refuseTelling(t, m)
	inLogin, inSecret := in.Receives()
	outLogin, outSecret := m.Profile.Sends()
	login := c.credential(t, wire.PlaceLogin, inLogin || outLogin, inLogin && in.Kind == profile.Declared || outLogin)
	secret := c.credential(t, wire.PlaceSecret, inSecret || outSecret, inSecret && in.Kind == profile.Declared || outSecret)
	if login.IsSet() && !secret.IsSet() && !t.Wrong("secret", "secret_file") {
		if t.Own("login") {
			t.Fault("login", table.Flawf("write secret or secret_file too", "a login without a secret proves nothing"))
		}
		return
	}
	for place, s := range map[string]wire.Secret{wire.PlaceLogin: login, wire.PlaceSecret: secret} {
		if !s.IsSet() {
			continue
		}
		if wrong, is := errors.AsType[*wire.NotationError](in.CheckCredential(place, s)); is {
			t.Fault(c.credentialKey(t, place), &table.Flaw{What: wrong.What, Hint: wrong.Hint})
		}
	}
	m.Credentials = wire.Credentials{Login: login, Secret: secret}
}

// refuseTelling refuses a greeting that would tell the secret to whoever calls.
func (c *checker) refuseTelling(t *table.Table, m *modemDecl) {
	login, secret := m.Profile.Sends()
	if (login || secret) && m.Listen != "" {
		t.Fault("profile", table.Flawf("take listen or the places out", "the greeting of profile %s has {secret} or {login}, and would tell them to whoever calls at listen", m.Profile.Name))
	}
}

// credential is the secret or the login of a modem. used says that its profile has a place for it, and required, that it must have
// one.
func (c *checker) credential(t *table.Table, place string, used, required bool) wire.Secret {
	key := c.credentialKey(t, place)
	switch {
	case t.Has(key) && used:
		if key == "secret_file" {
			return c.secretFile(t)
		}
		return c.inlineSecret(t, key)
	case t.Own(key):
		t.Fault(key, table.Flawf("leave it out, or give it a profile with {"+place+"}", "nothing compares it with what the modem sends, and nothing sends it"))
	case required && !t.Has(key):
		t.Fault(key, table.Flawf("write it into its table; a modem that has none needs another profile", "missing: its profile has {%s}", place))
	}
	return wire.Secret{}
}

// credentialKey is the key that gives the login or the secret of a modem. The table's own comes before one of [defaults.modem].
func (c *checker) credentialKey(t *table.Table, place string) string {
	switch {
	case place == wire.PlaceLogin:
		return "login"
	case t.Own("secret") && t.Own("secret_file"):
		t.Fault("secret_file", table.Flawf("keep one of them", "there is secret as well"))
	case t.Has("secret_file") && !t.Meant("secret"):
		return "secret_file"
	}
	return "secret"
}

// inlineSecret reads a secret that stands in the configuration.
func (c *checker) inlineSecret(t *table.Table, key string) wire.Secret {
	v := t.Value(key)
	text, isText := v.Raw.(string)
	switch {
	case !isText:
		t.Fault(key, table.Flawf(fmt.Sprintf(secretNotation, key), "it is no text"))
		return wire.Secret{}
	case v.Cell && rounded(text):
		t.Fault(key, table.Flawf("give the column the format text in the spreadsheet, and type it again", "it was rounded by a spreadsheet"))
		return wire.Secret{}
	}
	s, f := parseSecret(key, text)
	if f != nil {
		t.Fault(key, f)
		return s
	}
	if key == "secret" {
		c.warnOfReaders(table.Place{Source: v.At.Source}, v.At.Source.Name, "there are secrets in it")
	}
	return s
}

// parseSecret reads a secret as it is written. The flaw does not contain it.
func parseSecret(key, text string) (wire.Secret, *table.Flaw) {
	hint := fmt.Sprintf(secretNotation, key)
	switch {
	case text == "" || text == "hex:":
		return wire.Secret{}, table.Flawf("leave the key out", "empty")
	case strings.TrimSpace(text) != text:
		return wire.Secret{}, table.Flawf("take them out", "there are spaces around it")
	}
	b, f := table.ParseBytes(text, longestSecret)
	if f != nil {
		return wire.Secret{}, table.Flawf(hint, "it cannot be read, or has more than %d bytes", longestSecret)
	}
	return wire.NewSecret(string(b)), nil
}

// secretFile reads a secret from its file.
func (c *checker) secretFile(t *table.Table) wire.Secret {
	text, path := c.fileAlone(t, "secret_file", `write it alone into a file that only meterline can read, and secret_file = "/etc/meterline/NAME.secret"`)
	if path == "" {
		return wire.Secret{}
	}
	s, f := parseSecret("secret", text)
	if f != nil {
		t.Fault("secret_file", table.Flawf("write the secret alone into it: ASCII, or \"hex:\" and pairs of hexadecimal digits", "%s: %s", path, f.What))
	}
	return s
}

// fileAlone reads a file that holds a secret alone, and warns if everybody can read it. path is as it is written, empty after a
// fault. What looks like the secret itself in the place of a path is not shown.
func (c *checker) fileAlone(t *table.Table, key, hint string) (text, path string) {
	if path = t.Text(key); path == "" {
		return "", ""
	}
	full := absolute(t.Value(key).Folder(), path)
	b, err := c.load.read(full)
	switch {
	case err != nil && !strings.ContainsAny(path, `/\.`):
		t.Fault(key, table.Flawf(hint, "the path of a file is wanted, not what stands in it"))
		return "", ""
	case err != nil:
		if inner, ok := errors.AsType[*fs.PathError](err); ok {
			err = inner.Err
		}
		t.Fault(key, table.Flawf("make it readable for this user", "read %s: %v", path, err))
		return "", ""
	}
	c.warnOfReaders(t.Place(key), full, "a secret stands in "+path)
	return strings.TrimSpace(strings.TrimPrefix(string(b), "\uFEFF")), path
}

// warnOfReaders warns if everybody can read a file with secrets.
func (c *checker) warnOfReaders(at table.Place, path, why string) {
	if runtime.GOOS == "windows" || Handed(path) {
		return
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o007 != 0 {
		c.found.Warn(at, "everybody can read it: %s: chmod o= %s", why, path)
	}
}

var (
	secretLine  = regexp.MustCompile(`(?i)\b(secret|login)\b["']?\s*=`)
	secretValue = regexp.MustCompile(`(?im)(\b(?:secret|login)\b["']?\s*=)\s*\S.*$`)
	longSecret  = regexp.MustCompile(`(?i)\b(secret|login)\b["']?\s*=\s*("""|''')`)
)

// hideSecrets takes secrets out of a syntax error, which shows the lines around its place.
func hideSecrets(text []byte, f *table.Fault) *table.Fault {
	if f == nil || !secretLine.Match(text) {
		return f
	}
	hidden := *f
	hidden.What, _, _ = strings.Cut(f.What, "\n")
	if lines := strings.Split(string(text), "\n"); f.At.Line < 1 || f.At.Line > len(lines) || secretLine.MatchString(lines[f.At.Line-1]) {
		hidden.Flaw = table.Flaw{What: "this line cannot be read", Hint: "text stands in quotes"} // the library's words may hold the value
		return &hidden
	}
	if _, around, has := strings.Cut(f.What, "\n"); has && !longSecret.Match(text) {
		hidden.What += "\n" + secretValue.ReplaceAllString(around, "$1 …")
	}
	return &hidden
}
