package deploy

import (
	"fmt"
	"strconv"
)

// Size is an amount of bytes for people, with three digits that matter, in powers of a thousand as disks and networks are
// sold: 240 B, 7.02 kB, 38.2 MB, 412 MB.
func Size(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n), ""
	for _, next := range []string{"kB", "MB", "GB", "TB"} {
		if unit != "" && value < 999.5 {
			break
		}
		value, unit = value/1000, next
	}
	digits := 2
	for limit := 9.995; value >= limit && digits > 0; limit *= 10 {
		digits--
	}
	return fmt.Sprintf("%.*f %s", digits, value, unit)
}

// Count is a number for people: 4,981.
func Count(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
