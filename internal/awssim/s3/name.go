package s3

import (
	"net/netip"
	"regexp"
	"strings"
)

// nameForm is what names of buckets look like (S3 User Guide, bucket naming rules).
var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// Beginnings and ends that are kept for buckets of other kinds, by the same rules.
var (
	keptPrefixes = []string{"xn--", "sthree-", "amzn-s3-demo-"}
	keptSuffixes = []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}
)

func validName(name string) bool {
	for _, prefix := range keptPrefixes {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	for _, suffix := range keptSuffixes {
		if strings.HasSuffix(name, suffix) {
			return false
		}
	}
	_, err := netip.ParseAddr(name)
	return nameForm.MatchString(name) && !strings.Contains(name, "..") && err != nil
}
