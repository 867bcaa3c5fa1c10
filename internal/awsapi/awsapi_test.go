package awsapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

func answer(code, message string) error {
	return fmt.Errorf("calling: %w", &smithy.GenericAPIError{Code: code, Message: message})
}

func TestErrorPredicates(t *testing.T) {
	tests := []struct {
		name string
		is   func(error) bool
		yes  []error
		no   []error
	}{
		{"not found", awsapi.IsNotFound,
			[]error{answer("InvalidVpcID.NotFound", ""), answer("LoadBalancerNotFound", ""), answer("NatGatewayNotFound", ""), answer("NoSuchEntity", ""),
				answer("InvalidLaunchTemplateName.NotFoundException", ""), answer("ValidationError", "AutoScalingGroup name not found - null")},
			[]error{answer("ValidationError", "You must use a valid fully-formed launch template."), errors.New("NotFound"), nil}},
		{"in use", awsapi.IsInUse,
			[]error{answer("DependencyViolation", ""), answer("ResourceInUse", ""), answer("InvalidIPAddress.InUse", "")},
			[]error{answer("AuthFailure", "AWS was not able to validate the provided access credentials")}},
		{"not propagated", awsapi.IsNotPropagated,
			[]error{answer("ValidationError", "You must use a valid fully-formed launch template. Value (x) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name")},
			[]error{answer("ValidationError", "Max bound, 1, must be greater than or equal to min bound, 2")}},
		{"throttled", awsapi.IsThrottled, []error{answer("RequestLimitExceeded", ""), answer("Throttling", "")}, []error{answer("AddressLimitExceeded", "")}},
		{"denied", awsapi.IsDenied, []error{answer("UnauthorizedOperation", ""), answer("AccessDenied", "")}, []error{answer("AuthFailure", "")}},
		{"lost reply", awsapi.IsLostReply, []error{fmt.Errorf("reading: %w", io.ErrUnexpectedEOF)}, []error{answer("Throttling", ""), answer("VpcLimitExceeded", ""), nil}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, err := range test.yes {
				if !test.is(err) {
					t.Errorf("%v is not taken as %s", err, test.name)
				}
			}
			for _, err := range test.no {
				if test.is(err) {
					t.Errorf("%v is taken as %s", err, test.name)
				}
			}
		})
	}
}

func TestNamesAreDeterministicAndFit(t *testing.T) {
	for _, name := range []string{"shop", "a-name-of-20-letters", strings.Repeat("x", 40)} {
		first := awsapi.Name(name, "tg", 32, 8080, "HTTP")
		if len(first) > 32 || first != awsapi.Name(name, "tg", 32, 8080, "HTTP") {
			t.Errorf("%q: %q", name, first)
		}
		if first == awsapi.Name(name, "tg", 32, 8081, "HTTP") {
			t.Errorf("%q: another port has the same name", name)
		}
	}
	if token := awsapi.Token("stack", strings.Repeat("x", 100)); len(token) > 64 {
		t.Errorf("token of %d characters", len(token))
	}
}

// TestLongWaitsAskRarely: RDS asks to be polled rarely (aws-facts §6.18).
func TestLongWaitsAskRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, polls := time.Now(), 0
		ready := 14 * time.Minute
		err := awsapi.Pace(1).Until(t.Context(), awsapi.Waiting{What: "it", Expect: 10 * time.Minute, Limit: time.Hour},
			func(context.Context) (bool, string, error) {
				polls++
				return time.Since(start) >= ready, "pending", nil
			})
		if late := time.Since(start) - ready; err != nil || late > awsapi.ShortPoll(10*time.Minute) || polls > 50 {
			t.Errorf("noticed %s late after %d polls: %v", late, polls, err)
		}
	})
}

// TestWaitsEndWithinOneShortPoll covers things that are ready as expected, early
// and late.
func TestWaitsEndWithinOneShortPoll(t *testing.T) {
	for _, ready := range []time.Duration{0, 30 * time.Second, 100 * time.Second, 150 * time.Second, 200 * time.Second} {
		t.Run(ready.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				polls := 0
				err := awsapi.Pace(1).Until(t.Context(), awsapi.Waiting{What: "it", Expect: 150 * time.Second, Limit: 10 * time.Minute},
					func(context.Context) (bool, string, error) {
						polls++
						return time.Since(start) >= ready, "pending", nil
					})
				late := time.Since(start) - ready
				if err != nil || ready >= 150*time.Second && late > awsapi.ShortPoll(150*time.Second) || late > 15*time.Second {
					t.Errorf("noticed %s late: %v", late, err)
				}
				if polls > 35 {
					t.Errorf("%d polls", polls)
				}
			})
		})
	}
}

func TestWaitsGiveUpAndSayWhatTheySaw(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := awsapi.Pace(1).Until(t.Context(), awsapi.Waiting{What: "the thing to become active", Limit: time.Minute},
			func(context.Context) (bool, string, error) { return false, "provisioning", nil })
		var timeout *awsapi.TimeoutError
		if !errors.As(err, &timeout) || !strings.Contains(err.Error(), "waited 1m0s for the thing to become active, last seen: provisioning") {
			t.Errorf("got %v", err)
		}
	})
}

func TestWaitsEndWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		start := time.Now()
		err := awsapi.Pace(1).Until(ctx, awsapi.Waiting{What: "it", Limit: time.Hour},
			func(context.Context) (bool, string, error) { return false, "pending", nil })
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 20*time.Second {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	})
}

func TestRetriesOnlyByPredicateAndWithinTheLimit(t *testing.T) {
	busy, refused := errors.New("busy"), errors.New("refused")
	tests := []struct {
		name  string
		fails []error
		want  error
	}{
		{"succeeds later", []error{busy, busy}, nil},
		{"refused at once", []error{refused}, refused},
		{"busy for too long", []error{busy, busy, busy, busy, busy, busy, busy, busy}, busy},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				err := awsapi.Pace(1).Retry(t.Context(), 12*time.Second, func(err error) bool { return errors.Is(err, busy) }, func(context.Context) error {
					calls++
					if calls <= len(test.fails) {
						return test.fails[calls-1]
					}
					return nil
				})
				if !errors.Is(err, test.want) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// TestDatabaseTokenDiesWithItsCredentials signs with credentials that end sooner
// than the token would.
func TestDatabaseTokenDiesWithItsCredentials(t *testing.T) {
	for _, left := range []time.Duration{5 * time.Minute, time.Hour} {
		end := time.Now().Add(left)
		c := awsapi.New(aws.Config{Region: "eu-west-1", Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test", CanExpire: true, Expires: end}, nil
		})}, nil, 1)
		_, expires, err := awsapi.DatabaseToken(t.Context(), c, "db.example", 5432, "eu-west-1", "shop")
		want := min(left, 15*time.Minute)
		if got := time.Until(expires); err != nil || got > want || got < want-time.Minute {
			t.Errorf("with credentials for %s it opens connections for %s: %v", left, got, err)
		}
	}
}

func TestClientsOfOtherRegionsShareTheCountOfWrites(t *testing.T) {
	home := awsapi.New(aws.Config{Region: "eu-west-1", HTTPClient: refusing{}, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "example"}, nil
		})}, map[string]string{"ec2": "http://127.0.0.1:1"}, 1)
	home.Account = "123456789012"
	there := home.In("us-east-1")
	if there != home.In("us-east-1") || home.In("eu-west-1") != home || there.Region != "us-east-1" || there.Account != home.Account {
		t.Errorf("clients of %s, account %s", there.Region, there.Account)
	}
	_, err := awsapi.EC2(there).DeregisterImage(t.Context(), &ec2.DeregisterImageInput{ImageId: aws.String("ami-1")})
	if !strings.Contains(fmt.Sprint(err), "127.0.0.1:1") {
		t.Errorf("the endpoint does not apply: %v", err)
	}
	if home.Epoch() == 0 || home.Epoch() != there.Epoch() {
		t.Errorf("counts of writes %d and %d", home.Epoch(), there.Epoch())
	}
}

// refusing is an HTTP client that reaches nothing and says where it was to go.
type refusing struct{}

func (refusing) Do(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("no way to %s as %s", r.URL, r.Header.Get("Authorization"))
}
