package route53

import (
	"fmt"
	"slices"
	"strings"
)

// canonical is a domain name as Route 53 stores it: in lower case, with a dot at
// the end, and with escapes for what is not in host names (aws-facts §18).
func canonical(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		switch {
		case c == '\\' && i+3 < len(name) && octal(name[i+1:i+4]):
			b.WriteString(name[i : i+4])
			i += 3
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, `\%03o`, c)
		}
	}
	return strings.TrimSuffix(b.String(), ".") + "."
}

func octal(digits string) bool {
	return strings.Trim(digits, "01234567") == ""
}

// validDomain reports whether a name in canonical form can be a domain.
func validDomain(name string) bool {
	if len(name) > 256 || strings.Contains(name, "..") || strings.HasPrefix(name, ".") {
		return false
	}
	return !slices.ContainsFunc(strings.Split(name, "."), func(label string) bool { return len(label) > 63 })
}

// reversed is the key by which Route 53 sorts names: com.example.www.
func reversed(name string) string {
	labels := strings.Split(strings.TrimSuffix(name, "."), ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".") + "."
}

// within reports whether a name is a zone's or below it.
func within(name, zone string) bool {
	return name == zone || strings.HasSuffix(name, "."+zone)
}
