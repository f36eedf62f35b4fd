package main

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"strings"

	"meterline/cmd/meterline/config"
)

// callFrom is for a modem that is known by its address: the id is the one that it calls from, i addresses behind it.
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

// addDigits adds i to digits, and keeps their number: leading zeros count.
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
	number, _ := new(big.Int).SetString(digits, 10) // its callers have seen that it is one
	sum := number.Add(number, big.NewInt(int64(i))).String()
	if len(sum) > len(digits) {
		return "", errors.New("so many modems do not fit behind it; begin lower")
	}
	return strings.Repeat("0", len(digits)-len(sum)) + sum, nil
}
