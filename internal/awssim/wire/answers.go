package wire

// What the models leave out of REST services' answers.

// answers are the names of the elements that answers are, where they are not the
// operation's with "Response". Clients do not look at them, but people do. An answer
// that is one value, and named like it, is that element.
var answers = map[string]string{
	"s3.DeleteObjects":                    "DeleteResult",
	"s3.GetBucketAccelerateConfiguration": "AccelerateConfiguration",
	"s3.GetBucketAcl":                     "AccessControlPolicy",
	"s3.GetBucketCors":                    "CORSConfiguration",
	"s3.GetBucketLifecycleConfiguration":  "LifecycleConfiguration",
	"s3.GetBucketLocation":                "LocationConstraint",
	"s3.GetBucketLogging":                 "BucketLoggingStatus",
	"s3.GetBucketRequestPayment":          "RequestPaymentConfiguration",
	"s3.GetBucketTagging":                 "Tagging",
	"s3.GetBucketVersioning":              "VersioningConfiguration",
	"s3.GetBucketWebsite":                 "WebsiteConfiguration",
	"s3.ListBuckets":                      "ListAllMyBucketsResult",
	"s3.ListObjectVersions":               "ListVersionsResult",
	"s3.ListObjectsV2":                    "ListBucketResult",
}

// contentTypes are those of answers in XML, where they are not the usual one.
var contentTypes = map[string]string{"s3": "application/xml"}

// bareErrors are the services whose errors are an element of their own, without a
// namespace or an element around it.
var bareErrors = map[string]bool{"s3": true}

// hostParameters are the services of which the first segment of the path may stand
// before the host's name instead.
var hostParameters = map[string]bool{"s3": true}

// requestIDs are the headers with a call's id, where it is not the usual one.
var requestIDs = map[string]string{"s3": "X-Amz-Request-Id"}
