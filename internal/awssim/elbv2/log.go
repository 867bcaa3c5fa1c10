package elbv2

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// LogFile is a file that a load balancer writes into a bucket.
type LogFile struct {
	Bucket, Key string
	Body        []byte
	Balancer    string // ARN
	Network     bool   // the load balancer is one
}

// logKinds are the kinds of logs with the name of the file that is written to try
// whether there is permission (ELB User Guide, enabling access, connection and health
// check logs).
var logKinds = []struct{ attribute, testFile string }{
	{"access_logs", "ELBAccessLogTestFile"},
	{"connection_logs", "ELBConnectionLogTestFile"},
	{"health_check_logs", "ELBHealthCheckLogTestFile"},
}

// logs reports whether and where a load balancer with these attributes writes a kind
// of log.
func logs(attributes map[string]string, kind string) (bucket, prefix string, on bool) {
	return attributes[kind+".s3.bucket"], attributes[kind+".s3.prefix"], attributes[kind+".s3.enabled"] == "true"
}

// logFolder is where all logs of an account are in a bucket.
func (s *Service) logFolder(prefix string) string {
	folder := "AWSLogs/" + s.Account + "/"
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		folder = prefix + "/" + folder
	}
	return folder
}

// tryLogs writes a test file for each kind of log that is switched on or goes elsewhere.
// It is written at once (aws-facts §4.3).
func (s *Service) tryLogs(lb *loadBalancer, merged map[string]string) error {
	for _, kind := range logKinds {
		bucket, prefix, on := logs(merged, kind.attribute)
		oldBucket, oldPrefix, was := logs(lb.attributes, kind.attribute)
		if !on || was && bucket == oldBucket && prefix == oldPrefix {
			continue
		}
		if bucket == "" {
			return badConfiguration("The value of '%s.s3.bucket' cannot be empty when '%[1]s.s3.enabled' is true", kind.attribute)
		}
		if !s.writeLog(lb, bucket, s.logFolder(prefix)+kind.testFile, []byte("Enable AccessLog for ELB: "+lb.name)) {
			return badConfiguration("Access Denied for bucket: %s. Please check S3bucket permission", bucket)
		}
	}
	return nil
}

func (s *Service) writeLog(lb *loadBalancer, bucket, key string, body []byte) bool {
	return s.WriteLog != nil && s.WriteLog(LogFile{Bucket: bucket, Key: key, Body: body, Balancer: lb.arn,
		Network: lb.Type == types.LoadBalancerTypeEnumNetwork})
}

// logEvery is how often access logs are written (ELB User Guide, access log files).
const logEvery = 5 * time.Minute

// deliverLogs writes the access logs of Application Load Balancers that had requests.
// What a bucket does not take any more is lost. The file says no more than how many
// requests there were; those of Network Load Balancers, of TLS alone, are not simulated.
func (s *Service) deliverLogs(now time.Time) {
	if !now.Equal(now.Truncate(logEvery)) {
		return
	}
	for _, lb := range s.balancers {
		bucket, prefix, on := logs(lb.attributes, "access_logs")
		if on && lb.requests > 0 {
			_ = s.writeLog(lb, bucket, s.logFolder(prefix)+s.logFile(lb, now), zipped(fmt.Sprintf("%.0f requests until %s\n", lb.requests, now.UTC().Format(time.RFC3339))))
		}
		lb.requests = 0
	}
}

// logFile is the name of an access log below the account's folder.
func (s *Service) logFile(lb *loadBalancer, now time.Time) string {
	now = now.UTC()
	return fmt.Sprintf("elasticloadbalancing/%s/%s/%s_elasticloadbalancing_%s_%s_%s_%s_%s.log.gz", s.Name, now.Format("2006/01/02"), s.Account, s.Name,
		strings.ReplaceAll(suffix(lb.arn), "/", "."), now.Format("20060102T1504Z"), lb.nodes[0].privateIP, s.Hex(8))
}

func zipped(text string) []byte {
	var body bytes.Buffer
	zip := gzip.NewWriter(&body)
	_, _ = zip.Write([]byte(text)) // a Buffer's Write does not fail
	_ = zip.Close()
	return body.Bytes()
}
