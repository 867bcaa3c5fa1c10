package stack

import (
	"cmp"
	"strings"
)

// VersionMet reports whether a version is what was asked for, or what an upgrade
// that keeps its meaning has made of it. A wanted "16" is met by 16.4 and "8.0" by
// 8.0.39; a wanted 16.3 by 16.4, but not by 17.1, nor 8.0.35 by 8.4.3.
func VersionMet(want, have string) bool {
	wants, haves := strings.Split(want, "."), strings.Split(have, ".")
	if len(haves) < len(wants) {
		return false
	}
	for i, w := range wants {
		switch order := compareNumbers(haves[i], w); {
		case order == 0:
			continue
		case order < 0 || len(wants) < len(haves):
			return false
		default:
			// The first numbers of a version are its major version: one of two, two of more.
			return i > 0 && i >= len(wants)-1 || i > 1
		}
	}
	return true
}

// compareNumbers compares the numbers of versions; what is not a number as text.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}
