package com

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/windows/registry"

	"meterline/vport/com0com"
)

// Pairs returns the pairs of COM ports that the driver has registered: none, without an error, if there is no driver.
func Pairs() ([]com0com.Pair, error) {
	list, err := registeredEnds()
	if err != nil {
		return nil, fmt.Errorf("list the pairs of COM ports: %w", err)
	}
	names, err := deviceMap()
	if err != nil {
		return nil, fmt.Errorf("list the pairs of COM ports: %w", err)
	}
	return com0com.Merge(com0com.FromList(list), names), nil
}

// registeredEnds returns the driver's parameters, one line for each end.
func registeredEnds() (string, error) {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, com0com.KeyParameters, registry.READ)
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = key.Close() }()
	ids, err := key.ReadSubKeyNames(0)
	if err != nil {
		return "", err
	}
	var lines []string
	for _, id := range ids {
		line, err := registeredEnd(key, id)
		if err != nil {
			return "", err
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n"), nil
}

func registeredEnd(parent registry.Key, id string) (string, error) {
	key, err := registry.OpenKey(parent, id, registry.READ)
	if err != nil {
		return "", err
	}
	defer func() { _ = key.Close() }()
	names, err := key.ReadValueNames(0)
	if err != nil {
		return "", err
	}
	texts, numbers := make(map[string]string), make(map[string]uint32)
	for _, name := range names {
		if text, _, err := key.GetStringValue(name); err == nil {
			texts[name] = text
		} else if n, _, err := key.GetIntegerValue(name); err == nil {
			numbers[name] = uint32(n) //nolint:gosec // a DWORD
		}
	}
	return com0com.ListLine(id, texts, numbers), nil
}

// deviceMap returns the serial ports that exist now, by their devices.
func deviceMap() (map[string]string, error) {
	names := make(map[string]string)
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, com0com.KeyDeviceMap, registry.READ)
	if errors.Is(err, registry.ErrNotExist) {
		return names, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = key.Close() }()
	devices, err := key.ReadValueNames(0)
	if err != nil {
		return nil, err
	}
	for _, device := range devices {
		if name, _, err := key.GetStringValue(device); err == nil {
			names[device] = name
		}
	}
	return names, nil
}
