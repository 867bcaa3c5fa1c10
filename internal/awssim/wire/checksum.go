package wire

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strings"
)

// checksums are the headers that tell a body's checksum, with what makes it. There
// are more that no SDK sends unasked.
var checksums = []struct {
	header string
	make   func() hash.Hash
}{
	{"Content-MD5", md5.New},
	{"x-amz-checksum-crc32", func() hash.Hash { return crc32.NewIEEE() }},
	{"x-amz-checksum-crc32c", func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }},
	{"x-amz-checksum-crc64nvme", func() hash.Hash { return crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5)) }},
	{"x-amz-checksum-sha1", sha1.New},
	{"x-amz-checksum-sha256", sha256.New},
	{"x-amz-checksum-sha512", sha512.New},
}

// checkChecksums compares the body of a request with the checksums that came with it.
func (m *message) checkChecksums(op *operation) (problems []problem) {
	if op.input == nil || op.input.payload == nil {
		return nil
	}
	for _, c := range checksums {
		text := m.header.Get(c.header)
		if text == "" {
			continue
		}
		want, err := base64.StdEncoding.DecodeString(text)
		sum := c.make()
		_, _ = sum.Write(m.body) // never fails
		switch {
		case err != nil || len(want) != sum.Size():
			problems = append(problems, problem{rule: ruleNoDigest, name: c.header})
		case !bytes.Equal(sum.Sum(nil), want):
			problems = append(problems, problem{rule: ruleDigest, name: c.header})
		}
	}
	if op.checksum && !m.hasChecksum() {
		problems = append(problems, problem{rule: ruleUndigested})
	}
	return problems
}

func (m *message) hasChecksum() bool {
	for name := range m.header {
		if lower := strings.ToLower(name); lower == "content-md5" || strings.HasPrefix(lower, "x-amz-checksum-") {
			return true
		}
	}
	return false
}
