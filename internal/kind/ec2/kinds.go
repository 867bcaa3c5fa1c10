// Package ec2 holds the kinds of Amazon EC2 objects that stacks are made of: the
// network (VPC, subnets, gateways, routes, endpoints, flow logs), security groups,
// launch templates, and machine images with what makes and keeps them.
//
// One file is one kind of object: its Spec, which is what a composite asks for,
// and the five verbs by which the engine makes it so. What the kinds share is
// small: objects.go finds and reads, tags.go tags, blockers.go deletes what others
// still hold, token.go creates with a client token.
package ec2

import (
	"fmt"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Kinds returns all kinds of this package.
func Kinds(c *awsapi.Clients) []engine.Kind {
	images := newImageReader(c)
	return []engine.Kind{
		newVPC(c),
		newDefaultSecurityGroup(c),
		newSubnet(c),
		newInternetGateway(c),
		newAddress(c),
		newNATGateway(c),
		newRouteTable(c),
		newVPCEndpoint(c),
		newFlowLog(c),
		newSecurityGroup(c),
		newSecurityGroupRule(c),
		newLaunchTemplate(c),
		newImage(images),
		newImageCopy(images),
		newImageVerification(images),
		newImageRelease(images),
		newImageLeftover(images),
	}
}

// spec returns a part's settings as the type that its kind works with.
func spec[S stack.Spec](s stack.Spec) S {
	typed, ok := s.(S)
	if !ok {
		var want S
		panic(fmt.Sprintf("a %T was given to the kind that makes %T", s, want))
	}
	return typed
}

// propagation is how long EC2 may answer NotFound for something that was just
// made (aws-facts §1.4).
const propagation = 2 * time.Minute

// agreement is how long EC2 may go on showing the value from before a change
// (aws-facts §2.1, §2.2).
const agreement = 5 * time.Minute
