package wire

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// unchunk returns the data of a body in AWS's own chunks: a size in hexadecimal, and
// perhaps a signature, before each, and headers that were known only at the end after
// the last. These join the other headers.
func unchunk(body []byte, header http.Header) ([]byte, error) {
	var data []byte
	for {
		line, rest, found := bytes.Cut(body, []byte("\r\n"))
		digits, _, _ := bytes.Cut(line, []byte(";"))
		size, err := strconv.ParseUint(string(digits), 16, 31)
		switch {
		case !found || err != nil:
			return nil, errors.New("a chunk does not begin with its size")
		case size == 0:
			trailers(rest, header)
			return data, nil
		case uint64(len(rest)) < size+2 || !bytes.HasPrefix(rest[size:], []byte("\r\n")):
			return nil, errors.New("a chunk is not as long as it says")
		}
		data, body = append(data, rest[:size]...), rest[size+2:]
	}
}

func trailers(text []byte, header http.Header) {
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), ":"); found {
			header.Set(name, strings.TrimSpace(value))
		}
	}
}

// plainEncoding takes what belongs to the chunks, and not to the data, out of a
// Content-Encoding.
func plainEncoding(header http.Header) {
	var kept []string
	for part := range strings.SplitSeq(header.Get("Content-Encoding"), ",") {
		if part = strings.TrimSpace(part); part != "" && part != "aws-chunked" {
			kept = append(kept, part)
		}
	}
	header.Del("Content-Encoding")
	if len(kept) > 0 {
		header.Set("Content-Encoding", strings.Join(kept, ","))
	}
}
