package wire

import (
	"encoding/base64"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// timeLayouts are the forms of a timestamp that AWS's parsers accept in requests.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02"}

// scalar reads the text of a value. ok is false where it is not of the kind.
func scalar(k kind, text string) (value any, ok bool) {
	var err error
	switch k {
	case kindString:
		return text, true
	case kindBoolean:
		switch strings.ToLower(text) {
		case "true":
			return true, true
		case "false":
			return false, true
		}
		return nil, false
	case kindInteger:
		value, err = strconv.ParseInt(text, 10, 32)
	case kindLong:
		value, err = strconv.ParseInt(text, 10, 64)
	case kindFloat, kindDouble:
		value, err = strconv.ParseFloat(text, 64)
	case kindBlob:
		value, err = base64.StdEncoding.DecodeString(text)
	case kindTimestamp:
		return timestamp(text)
	default:
		return nil, false
	}
	return value, err == nil
}

func timestamp(text string) (any, bool) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	if t, err := http.ParseTime(text); err == nil { // in headers
		return t.UTC(), true
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(seconds, 0).UTC(), true
	}
	return nil, false
}

// maxSeconds bounds timestamps to years of four digits.
const maxSeconds = 253402300799

// fromSeconds reads a timestamp that is a number, to the millisecond.
func fromSeconds(seconds float64) (any, bool) {
	if math.IsNaN(seconds) || math.Abs(seconds) > maxSeconds {
		return nil, false
	}
	return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC(), true
}
