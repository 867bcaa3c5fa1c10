package awssim

import (
	"strings"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/cloudwatch"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

// connect lets the services of the Region know of each other as far as their
// constructors do not.
func (w *World) connect() {
	w.EC2.InstanceProfile = w.IAM.InstanceProfileUsable
	w.EC2.KeyUsable, w.EC2.KeyARN, w.EC2.DefaultKey = w.KMS.Usable, w.KMS.KeyARN, w.KMS.KeyARN("alias/aws/ebs")
	w.EC2.Peer = func(name string) *ec2.Service {
		if peer := w.sim.world(name); peer != nil {
			return peer.EC2
		}
		return nil
	}
	w.ELBv2.CertificateUsable = w.ACM.Usable
	w.ELBv2.Publish = w.CloudWatch.Publish
	w.ELBv2.WriteLog = w.writeLog
	w.AutoScaling.ServiceLinkedRole = w.IAM.UseServiceLinkedRole
	w.AutoScaling.AlarmState = w.CloudWatch.AlarmState
	w.AutoScaling.Alarms = w.CloudWatch
	w.AutoScaling.Notify = w.notify
	w.CloudWatch.OnAlarm = func(e cloudwatch.AlarmEvent) { w.AutoScaling.Alarmed(e, w.advanced) }
	w.SQS.KeyState = w.KMS.State
	w.SQS.Measure = func(queue, metric string, value float64, at time.Time) {
		w.CloudWatch.Publish("AWS/SQS", metric, map[string]string{"QueueName": queue}, value, at)
	}
	w.SecretsManager.KeyUsable = w.KMS.Usable
	w.SSM.KeyUsable = w.KMS.Usable
	w.ACM.Resolve, w.ACM.Users = w.Route53.Resolve, w.ELBv2.CertificateUsers
	w.S3.PrincipalExists = w.IAM.PrincipalExists
	w.RDS.Secrets, w.RDS.Keys = w.SecretsManager, w.KMS
	w.RDS.ServiceLinkedRole = w.IAM.UseServiceLinkedRole
}

// notify carries a message of a lifecycle hook to its queue, if the role lets Auto
// Scaling do so (aws-facts §5.7). Topics of SNS are not simulated, and not reachable.
func (w *World) notify(targetARN, roleARN, message string) bool {
	return strings.HasPrefix(targetARN, "arn:aws:sqs:") &&
		w.IAM.RoleMay(roleARN, "autoscaling.amazonaws.com", "sqs:SendMessage", targetARN) &&
		w.SQS.Deliver(targetARN, message)
}
