package queueworker

import (
	"fmt"
	"strings"
)

// environment is what stands in /etc/webtier/queue.env: what a worker has to know of
// its queue. What can change without servers being replaced is not in it.
type environment struct {
	URL, Region, Group string
	// Hook is the lifecycle hook that waits for the worker; "": none.
	Hook        string
	Concurrency int32
}

// boundary separates the parts of user data.
const boundary = "webtier-queue-env"

const (
	// firstPart begins user data of two parts, which cloud-init runs one after the
	// other: so the user's may be a script in any language, or a cloud-config.
	firstPart = "Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\nMIME-Version: 1.0\n\n" +
		"--" + boundary + "\nContent-Type: text/x-shellscript; charset=\"utf-8\"\n\n"
	// secondPart begins the user's. That cloud-init looks at its first line to tell what
	// it is, and that the last boundary may be missing, is by design of the former and
	// by RFC 2046's advice to readers of the latter.
	secondPart = "\n--" + boundary + "\nContent-Type: text/plain; charset=\"utf-8\"\n\n"
	// scriptStart and scriptEnd enclose the file.
	scriptStart = "#!/bin/sh\nmkdir -p /etc/webtier\ncat >/etc/webtier/queue.env <<'END'\n"
	scriptEnd   = "END\n"
)

// header returns what stands before the user's data.
func (e environment) header(userData string) string {
	file := fmt.Sprintf("QUEUE_URL=%s\nAWS_REGION=%s\nAWS_DEFAULT_REGION=%s\nAUTO_SCALING_GROUP=%s\nLIFECYCLE_HOOK=%s\nCONCURRENCY=%d\n",
		e.URL, e.Region, e.Region, e.Group, e.Hook, e.Concurrency)
	script := scriptStart + file + scriptEnd
	if userData == "" {
		return script
	}
	return firstPart + script + secondPart
}

// headerOf returns the header of user data that has one.
func headerOf(userData string) string {
	if strings.HasPrefix(userData, scriptStart) {
		return userData
	}
	if header, _, both := strings.Cut(userData, secondPart); both && strings.HasPrefix(header, firstPart) {
		return header + secondPart
	}
	return ""
}
