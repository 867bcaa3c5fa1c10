package ssm_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/ssm"
)

// lab is Systems Manager with instances and a clock that the test sets.
type lab struct {
	*ssm.Service
	*simtest.Clock
	t       *testing.T
	servers []ec2types.Instance
	ran     []string
}

func newLab(t *testing.T) *lab {
	r, clock := simtest.New()
	l := &lab{Clock: clock, t: t}
	l.Service = ssm.New(r, l)
	l.Run = func(instance, document string, parameters map[string][]string) (stdout, stderr string, exit int) {
		l.ran = append(l.ran, instance+" "+document)
		if slices.Contains(parameters["commands"], "false") {
			return "", "failed", 1
		}
		return "done", "", 0
	}
	return l
}

// start starts a server that Systems Manager knows after a minute.
func (l *lab) start(id, role string) {
	l.servers = append(l.servers, ec2types.Instance{InstanceId: aws.String(id), LaunchTime: aws.Time(l.Now),
		State:              &ec2types.InstanceState{Name: ec2types.InstanceStateNameRunning},
		IamInstanceProfile: &ec2types.IamInstanceProfile{Arn: aws.String("arn:aws:iam::123456789012:instance-profile/web")},
		Tags:               []ec2types.Tag{{Key: aws.String("role"), Value: aws.String(role)}}})
}

// stop puts a server into another state.
func (l *lab) stop(id string, state ec2types.InstanceStateName) {
	for i := range l.servers {
		if *l.servers[i].InstanceId == id {
			l.servers[i].State = &ec2types.InstanceState{Name: state}
		}
	}
}

func (l *lab) DescribeInstances(context.Context, *ec2sdk.DescribeInstancesInput) (*ec2sdk.DescribeInstancesOutput, error) {
	return &ec2sdk.DescribeInstancesOutput{Reservations: []ec2types.Reservation{{Instances: l.servers}}}, nil
}

func (l *lab) Instance(id string, _ time.Time) (ec2types.Instance, bool) {
	for _, i := range l.servers {
		if *i.InstanceId == id {
			return i, true
		}
	}
	return ec2types.Instance{}, false
}

// pass lets seconds go by.
func (l *lab) pass(seconds int) {
	for range seconds {
		l.Pass(time.Second)
		l.Tick(l.Now)
	}
}
