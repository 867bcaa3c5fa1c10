package moto

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	queue "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func databases(r *run) {
	s := newSite(r)
	subnets := aws.String("shop")
	do(r, "a subnet group in one zone", "DBSubnetGroupDoesNotCoverEnoughAZs", r.rds.CreateDBSubnetGroup, &rds.CreateDBSubnetGroupInput{DBSubnetGroupName: aws.String("one"), DBSubnetGroupDescription: aws.String("x"), SubnetIds: s.subnets[:1]})
	do(r, "a subnet that is not there", "InvalidSubnet", r.rds.CreateDBSubnetGroup, &rds.CreateDBSubnetGroupInput{DBSubnetGroupName: aws.String("one"), DBSubnetGroupDescription: aws.String("x"), SubnetIds: []string{s.subnets[0], "subnet-0123456789abcdef0"}})
	group := &rds.CreateDBSubnetGroupInput{DBSubnetGroupName: subnets, DBSubnetGroupDescription: aws.String("x"), SubnetIds: s.subnets}
	do(r, "a subnet group", ok, r.rds.CreateDBSubnetGroup, group)
	do(r, "a subnet group again", "DBSubnetGroupAlreadyExists", r.rds.CreateDBSubnetGroup, group)
	parameters := &rds.CreateDBParameterGroupInput{DBParameterGroupName: aws.String("shop"), DBParameterGroupFamily: aws.String("postgres16"), Description: aws.String("x")}
	do(r, "a parameter group", ok, r.rds.CreateDBParameterGroup, parameters)
	do(r, "a parameter group again", "DBParameterGroupAlreadyExists", r.rds.CreateDBParameterGroup, parameters)
	do(r, "an unknown family", "InvalidParameterValue", r.rds.CreateDBParameterGroup, &rds.CreateDBParameterGroupInput{DBParameterGroupName: aws.String("bad"), DBParameterGroupFamily: aws.String("postgres99"), Description: aws.String("x")})
	versions := do(r, "versions of an engine", ok, r.rds.DescribeDBEngineVersions, &rds.DescribeDBEngineVersionsInput{Engine: aws.String("postgres")})
	see(r, "there are versions", true, len(versions.DBEngineVersions) > 0)

	name := aws.String("shop")
	create := func(step, want string, change func(*rds.CreateDBInstanceInput)) *types.DBInstance {
		in := &rds.CreateDBInstanceInput{DBInstanceIdentifier: aws.String("bad-" + strings.ReplaceAll(step, " ", "-")), DBInstanceClass: aws.String("db.t4g.micro"), Engine: aws.String("postgres"), AllocatedStorage: aws.Int32(20),
			MasterUsername: aws.String("shop"), MasterUserPassword: aws.String("correct-horse"), DBSubnetGroupName: subnets}
		change(in)
		return do(r, step, want, r.rds.CreateDBInstance, in).DBInstance
	}
	create("an unknown engine", "InvalidParameterValue", func(in *rds.CreateDBInstanceInput) { in.Engine = aws.String("nothing") })
	create("an unknown instance class", "InvalidParameterValue", func(in *rds.CreateDBInstanceInput) { in.DBInstanceClass = aws.String("db.nothing") })
	create("5 GiB", "InvalidParameterCombination", func(in *rds.CreateDBInstanceInput) { in.AllocatedStorage = aws.Int32(5) })
	create("a short password", "InvalidParameterValue", func(in *rds.CreateDBInstanceInput) { in.MasterUserPassword = aws.String("abc") })
	create("a reserved user name", "InvalidParameterValue", func(in *rds.CreateDBInstanceInput) { in.MasterUsername = aws.String("rdsadmin") })
	create("an unknown subnet group", "DBSubnetGroupNotFoundFault", func(in *rds.CreateDBInstanceInput) { in.DBSubnetGroupName = aws.String("nothing") })
	create("an unknown parameter group", "DBParameterGroupNotFound", func(in *rds.CreateDBInstanceInput) { in.DBParameterGroupName = aws.String("nothing") })
	database := create("a database", ok, func(in *rds.CreateDBInstanceInput) {
		in.DBInstanceIdentifier, in.DeletionProtection = name, aws.Bool(true)
	})
	see(r, "the new database's state", "creating", *database.DBInstanceStatus)
	create("a name in use", "DBInstanceAlreadyExists", func(in *rds.CreateDBInstanceInput) { in.DBInstanceIdentifier = name })
	do(r, "changing a database that is being created", "InvalidDBInstanceState", r.rds.ModifyDBInstance, &rds.ModifyDBInstanceInput{DBInstanceIdentifier: name, BackupRetentionPeriod: aws.Int32(7)})
	r.pass(40 * time.Minute)
	do(r, "storage that shrinks", "InvalidParameterCombination", r.rds.ModifyDBInstance, &rds.ModifyDBInstanceInput{DBInstanceIdentifier: name, AllocatedStorage: aws.Int32(10)})
	do(r, "deleting a protected database", "InvalidParameterCombination", r.rds.DeleteDBInstance, &rds.DeleteDBInstanceInput{DBInstanceIdentifier: name, SkipFinalSnapshot: aws.Bool(true)})
	do(r, "ending the protection", ok, r.rds.ModifyDBInstance, &rds.ModifyDBInstanceInput{DBInstanceIdentifier: name, DeletionProtection: aws.Bool(false)})
	r.pass(10 * time.Minute)
	do(r, "deleting a database", ok, r.rds.DeleteDBInstance, &rds.DeleteDBInstanceInput{DBInstanceIdentifier: name, SkipFinalSnapshot: aws.Bool(true)})
	r.pass(40 * time.Minute)
	do(r, "a database that is gone", "DBInstanceNotFound", r.rds.DescribeDBInstances, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: name})
	do(r, "a change of a subnet group", ok, r.rds.ModifyDBSubnetGroup, &rds.ModifyDBSubnetGroupInput{DBSubnetGroupName: subnets, SubnetIds: s.subnets})
	do(r, "a subnet group after a change", ok, r.rds.DescribeDBSubnetGroups, &rds.DescribeDBSubnetGroupsInput{DBSubnetGroupName: subnets})
	do(r, "deleting the subnet group", ok, r.rds.DeleteDBSubnetGroup, &rds.DeleteDBSubnetGroupInput{DBSubnetGroupName: subnets})
	do(r, "deleting the subnet group again", "DBSubnetGroupNotFoundFault", r.rds.DeleteDBSubnetGroup, &rds.DeleteDBSubnetGroupInput{DBSubnetGroupName: subnets})

	setUp(r, r.rds.CreateDBSubnetGroup, group)
	create("a database anew", ok, func(in *rds.CreateDBInstanceInput) { in.DBInstanceIdentifier = name })
	r.pass(40 * time.Minute)
	do(r, "deleting without a final snapshot's name", "InvalidParameterCombination", r.rds.DeleteDBInstance, &rds.DeleteDBInstanceInput{DBInstanceIdentifier: name})
	do(r, "deleting a subnet group in use", "InvalidDBSubnetGroupStateFault", r.rds.DeleteDBSubnetGroup, &rds.DeleteDBSubnetGroupInput{DBSubnetGroupName: subnets})
}

func queues(r *run) {
	name := aws.String("orders")
	create := &sqs.CreateQueueInput{QueueName: name, Attributes: map[string]string{"VisibilityTimeout": "60"}}
	do(r, "an unknown queue", "AWS.SimpleQueueService.NonExistentQueue", r.sqs.GetQueueUrl, &sqs.GetQueueUrlInput{QueueName: name})
	url := do(r, "a queue", ok, r.sqs.CreateQueue, create).QueueUrl
	r.pass(time.Minute)
	do(r, "a queue again", ok, r.sqs.CreateQueue, create)
	do(r, "its name with other attributes", "QueueAlreadyExists", r.sqs.CreateQueue, &sqs.CreateQueueInput{QueueName: name, Attributes: map[string]string{"VisibilityTimeout": "61"}})
	do(r, "a visibility timeout out of range", "InvalidAttributeValue", r.sqs.CreateQueue, &sqs.CreateQueueInput{QueueName: aws.String("two"), Attributes: map[string]string{"VisibilityTimeout": "43201"}})
	do(r, "an unknown attribute", "InvalidAttributeName", r.sqs.CreateQueue, &sqs.CreateQueueInput{QueueName: aws.String("two"), Attributes: map[string]string{"Nothing": "1"}})
	do(r, "a FIFO queue without .fifo", "InvalidParameterValue", r.sqs.CreateQueue, &sqs.CreateQueueInput{QueueName: aws.String("two"), Attributes: map[string]string{"FifoQueue": "true"}})
	do(r, "a queue name with a space", "InvalidParameterValue", r.sqs.CreateQueue, &sqs.CreateQueueInput{QueueName: aws.String("a b")})
	do(r, "a redrive policy to a queue that is not there", "InvalidParameterValue", r.sqs.SetQueueAttributes, &sqs.SetQueueAttributesInput{QueueUrl: url,
		Attributes: map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:nothing","maxReceiveCount":"3"}`}})
	do(r, "a delay out of range", "InvalidParameterValue", r.sqs.SendMessage, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x"), DelaySeconds: 901})
	do(r, "a message", ok, r.sqs.SendMessage, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
	do(r, "an empty batch", "AWS.SimpleQueueService.EmptyBatchRequest", r.sqs.SendMessageBatch, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: []queue.SendMessageBatchRequestEntry{}})
	do(r, "a batch with an id twice", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", r.sqs.SendMessageBatch, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: []queue.SendMessageBatchRequestEntry{
		{Id: aws.String("a"), MessageBody: aws.String("x")}, {Id: aws.String("a"), MessageBody: aws.String("y")}}})
	messages := do(r, "receiving", ok, r.sqs.ReceiveMessage, &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10}).Messages
	see(r, "messages received", 1, len(messages))
	do(r, "receiving eleven", "InvalidParameterValue", r.sqs.ReceiveMessage, &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 11})
	do(r, "a bad receipt handle", "ReceiptHandleIsInvalid", r.sqs.DeleteMessage, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("nothing")})
	do(r, "deleting a message", ok, r.sqs.DeleteMessage, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: messages[0].ReceiptHandle})
	do(r, "purging", ok, r.sqs.PurgeQueue, &sqs.PurgeQueueInput{QueueUrl: url})
	do(r, "purging again at once", "AWS.SimpleQueueService.PurgeQueueInProgress", r.sqs.PurgeQueue, &sqs.PurgeQueueInput{QueueUrl: url})
	do(r, "deleting a queue", ok, r.sqs.DeleteQueue, &sqs.DeleteQueueInput{QueueUrl: url})
	do(r, "its name right after", "AWS.SimpleQueueService.QueueDeletedRecently", r.sqs.CreateQueue, create)
	r.pass(2 * time.Minute)
	do(r, "its name a minute later", ok, r.sqs.CreateQueue, create)
}

func metrics(r *run) {
	do(r, "alarms", ok, r.watch.DescribeAlarms, &cloudwatch.DescribeAlarmsInput{})
}
