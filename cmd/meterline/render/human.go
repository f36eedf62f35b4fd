package render

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// humanBytes formats a count in decimal units, as metered SIM cards are billed: 999, 1.5k, 12M.
func humanBytes(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	value := float64(n)
	for _, unit := range "kMGT" {
		value /= 1000
		switch {
		case value < 9.95:
			return fmt.Sprintf("%.1f%c", value, unit)
		case value < 999.5:
			return fmt.Sprintf("%.0f%c", value, unit)
		}
	}
	return fmt.Sprintf("%.0fP", value/1000)
}

// humanAge formats how long ago from was, in the two largest units; "-" for the zero time.
func humanAge(now, from time.Time) string {
	if from.IsZero() {
		return "-"
	}
	d := max(now.Sub(from), 0).Truncate(time.Second)
	days, rest := d/(24*time.Hour), d%(24*time.Hour)
	hours, minutes, seconds := rest/time.Hour, rest%time.Hour/time.Minute, rest%time.Minute/time.Second
	switch {
	case days > 0:
		return fmt.Sprintf("%dd%02dh", days, hours)
	case hours > 0:
		return fmt.Sprintf("%dh%02dm", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%dm%02ds", minutes, seconds)
	}
	return fmt.Sprintf("%ds", seconds)
}

// humanSeconds formats a time in seconds: below a minute with tenths.
func humanSeconds(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Minute {
		return d.Round(100 * time.Millisecond).String()
	}
	return humanAge(time.Unix(0, 0).Add(d), time.Unix(0, 0))
}

// humanTime formats a time in local time, with its age; "never" for the zero time.
func humanTime(now, at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	stamp := at.In(now.Location()).Format("2006-01-02 15:04:05")
	if at.After(now) {
		return fmt.Sprintf("%s (in %s)", stamp, humanAge(at, now))
	}
	return fmt.Sprintf("%s (%s ago)", stamp, humanAge(now, at))
}

// humanReasons formats counts by reason, ordered by reason.
func humanReasons(counts map[string]int64, number func(int64) string) string {
	parts := make([]string, 0, len(counts))
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %s", number(counts[reason]), reason))
	}
	return strings.Join(parts, ", ")
}

// sum returns the total of counts by reason.
func sum(counts map[string]int64) int64 {
	var total int64
	for _, n := range counts {
		total += n
	}
	return total
}

// Printable escapes text from outside, such as names of programs and answers of modems, so that it cannot harm a terminal.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '·'
	}, s)
}

// Inventory returns the numbers of parts, like "2 ports, 1 modem, 0 exchanges".
func Inventory(ports, modems, exchanges int) string {
	return Counted(ports, "port") + ", " + Counted(modems, "modem") + ", " + Counted(exchanges, "exchange")
}

// Counted returns a number with its noun, like "1 modem" or "3 modems".
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Say writes one line of a verb's result.
func Say(w io.Writer, format string, args ...any) error {
	_, err := fmt.Fprintf(w, format+"\n", args...)
	return err
}
