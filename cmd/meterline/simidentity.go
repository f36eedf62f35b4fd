package main

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"meterline/cmd/meterline/config"
	"meterline/relay/profile"
)

// callFrom is for a modem that is known by its address: it makes the modem call from the address that is its id, plus i.
func callFrom(s *config.Sim, i int) error {
	if s.ID == "" {
		return nil
	}
	from, err := netip.ParseAddr(s.ID)
	switch {
	case err != nil || !from.IsLoopback():
		return fmt.Errorf("--id %s: modems of profile %s are known by their address: write one of loopback, such as 127.0.0.2", s.ID, s.Profile.Name)
	case s.Listen != "":
		return errors.New("--id: a modem that is called has none under this profile")
	}
	for range i {
		from = from.Next()
	}
	if !from.IsLoopback() {
		return fmt.Errorf("--id %s: so many modems do not fit behind it; begin lower", s.ID)
	}
	s.ID, s.From = "", from.String()
	return nil
}

// countUp adds i to the digits that id ends with.
func countUp(id string, i int) (string, error) {
	stem := strings.TrimRight(id, "0123456789")
	switch {
	case i == 0:
		return id, nil
	case stem == id:
		return "", fmt.Errorf("--id %q: it does not end with digits to be counted up", id)
	}
	digits, err := increase(id[len(stem):], i)
	if err != nil {
		return "", fmt.Errorf("--id %s: %w", id, err)
	}
	return stem + digits, nil
}

// addDigits adds i to digits, and keeps the number of digits: leading zeros count.
func addDigits(digits string, i int) (string, error) {
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", fmt.Errorf("--imei %q: write digits only", digits)
	}
	sum, err := increase(digits, i)
	if err != nil {
		return "", fmt.Errorf("--imei %s: %w", digits, err)
	}
	return sum, nil
}

func increase(digits string, i int) (string, error) {
	number, _ := new(big.Int).SetString(digits, 10) // the callers have checked that
	sum := number.Add(number, big.NewInt(int64(i))).String()
	if len(sum) > len(digits) {
		return "", errors.New("so many modems do not fit behind it; begin lower")
	}
	return strings.Repeat("0", len(digits)-len(sum)) + sum, nil
}

// profileIMEI is the default profile of meterline sim: one line, and no protocol.
const profileIMEI = "imei"

// simProfiles returns the profiles that can be simulated without a configuration: all profiles, and their variants.
func simProfiles() []string {
	kinds, _ := profile.Kinds()
	names := []string{profileIMEI}
	for _, kind := range kinds {
		if string(kind) != profileIMEI {
			names = append(names, string(kind))
		}
	}
	for _, name := range profile.Simulated() {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return append(names, config.ReadyNames()...)
}

// identify sets the identity of modem number i, counted from 0.
func (v *simVerb) identify(s *config.Sim, i int) (err error) {
	switch {
	case v.profile == profileIMEI && s.BeatEvery != 0:
		return errors.New("--heartbeat-every: it belongs to a family that beats; write --profile too")
	case v.profile == profileIMEI:
		digits := v.imei + s.ID // at most one of them is given
		s.ID = ""
		s.Register, err = v.registration(digits, i)
		return err
	case v.imei != "" || v.register != "":
		return fmt.Errorf("--profile %s registers in its own way: write --id ID, without --imei and --register", v.profile)
	}
	if err := v.family(s); err != nil {
		return err
	}
	if s.Profile.Registers() || s.Side != "" {
		if s.ID == "" {
			return fmt.Errorf("--profile %s: write --id ID too", v.profile)
		}
		s.ID, err = countUp(s.ID, i)
		return err
	}
	return callFrom(s, i)
}

// family sets the profile that --profile names.
func (v *simVerb) family(s *config.Sim) (err error) {
	if v.book == nil {
		if v.book, err = newBook(v.file); err != nil {
			return err
		}
	}
	if !slices.Contains(v.book.names(), v.profile) && slices.Contains(profile.Simulated(), v.profile) {
		s.Side = v.profile
		return nil
	}
	if s.Profile, err = v.book.find(v.profile); err != nil {
		return fmt.Errorf("--profile: %w", err)
	}
	if s.BeatEvery != 0 && s.Profile.BeatsEvery() == 0 {
		return fmt.Errorf("--heartbeat-every: modems of profile %s send no heartbeats", v.profile)
	}
	return nil
}

// registration returns what a modem without a profile sends first: digits plus i as a line, or what --register says.
func (v *simVerb) registration(digits string, i int) ([]byte, error) {
	if digits != "" {
		imei, err := addDigits(digits, i)
		return []byte(imei + "\r\n"), err
	}
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(v.register, `"`, `\"`) + `"`)
	if err != nil {
		return nil, fmt.Errorf("--register %s: an escape is wrong; write e.g. 'LOGIN:{n}\\r\\n' or '\\x7b\\x01'", v.register)
	}
	return []byte(strings.ReplaceAll(text, "{n}", strconv.Itoa(i+1))), nil
}
