package page

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Bucket is a bucket of S3 in the Region.
type Bucket struct {
	Name    string `json:"name"`
	Objects int    `json:"objects"`
	Latest  string `json:"latest,omitempty"` // the key of the object that was written last
}

func (r *reader) readBuckets() {
	buckets := list(r, func(token *string) ([]types.Bucket, *string, error) {
		out, err := r.S3.ListBuckets(r.ctx, &s3.ListBucketsInput{BucketRegion: &r.State.Region, ContinuationToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Buckets, out.ContinuationToken, nil
	})
	for _, b := range buckets {
		objects := list(r, func(token *string) ([]types.Object, *string, error) {
			out, err := r.S3.ListObjectsV2(r.ctx, &s3.ListObjectsV2Input{Bucket: b.Name, ContinuationToken: token})
			if err != nil {
				return nil, nil, err
			}
			return out.Contents, out.NextContinuationToken, nil
		})
		shown := Bucket{Name: *b.Name, Objects: len(objects)}
		var latest types.Object
		for _, o := range objects {
			if latest.Key == nil || o.LastModified.After(*latest.LastModified) {
				latest = o
			}
		}
		shown.Latest = aws.ToString(latest.Key)
		r.Buckets = append(r.Buckets, shown)
	}
}
