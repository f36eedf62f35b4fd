package com0com

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The registry keys below HKEY_LOCAL_MACHINE with the driver and its pairs.
const (
	KeyService    = `SYSTEM\CurrentControlSet\Services\com0com`
	KeyParameters = KeyService + `\Parameters` // with a key for each end, named by its identifier
	KeyDeviceMap  = `HARDWARE\DEVICEMAP\SERIALCOMM`
)

// ListLine returns an end as `setupc list` writes it, from the values of its key. A number there means yes, no, or a pin.
func ListLine(id string, texts map[string]string, numbers map[string]uint32) string {
	all := []string{"PortName=-"}
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		switch strings.ToLower(key) {
		case "portname":
			all[0] = "PortName=" + texts[key]
		case "realportname":
			all = append(all, "RealPortName="+texts[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(numbers)) {
		value := "no"
		switch n := numbers[key]; {
		case slices.Contains([]string{"cts", "dsr", "dcd", "ri"}, strings.ToLower(key)):
			value = pinName(n)
		case n != 0:
			value = "yes"
		}
		all = append(all, key+"="+value)
	}
	return id + " " + strings.Join(all, ",")
}

// pinName returns what a pin is connected with (com0com.h, C0C_PIN_…).
func pinName(n uint32) string {
	const negative = 0x80000000
	names := map[uint32]string{
		0x1: "rrts", 0x2: "rdtr", 0x4: "rout1", 0x8: "rout2", 0x80: "ropen",
		0x100: "lrts", 0x200: "ldtr", 0x400: "lout1", 0x800: "lout2", 0x8000: "lopen",
		0x10000000: "on",
	}
	name, known := names[n&^negative]
	switch {
	case !known:
		return "-"
	case n&negative != 0:
		return "!" + name
	}
	return name
}

// Merge adds to pairs what the device map says: which ends exist now, and by what name. Its keys are \Device\com0com1N for
// CNCAN and \Device\com0com2N for CNCBN.
func Merge(pairs []Pair, deviceMap map[string]string) []Pair {
	pairs = slices.Clone(pairs)
	for device, name := range deviceMap {
		rest, is := cutFold(device, `\Device\com0com`)
		if !is || len(rest) < 2 || !digits(rest) || rest[0] != '1' && rest[0] != '2' {
			continue
		}
		number, err := strconv.Atoi(rest[1:])
		if err != nil {
			continue
		}
		i := slices.IndexFunc(pairs, func(p Pair) bool { return p.Number == number })
		if i < 0 {
			i = len(pairs)
			pairs = append(pairs, newPair(number))
		}
		end := &pairs[i].A
		if rest[0] == '2' {
			end = &pairs[i].B
		}
		end.Name, end.Live = name, true
	}
	slices.SortFunc(pairs, func(a, b Pair) int { return cmp.Compare(a.Number, b.Number) })
	return pairs
}
