"""A web tier and its database, made, changed, read and deleted with boto3.

It polls by itself: the client's waiters sleep for 15 or 30 s of real time between
two looks.
"""

import json
import os
import time

import boto3
from botocore.exceptions import ClientError

ENDPOINT = os.environ["ENDPOINT"]


def client(service):
    return boto3.client(service, endpoint_url=ENDPOINT)


ec2, elb, asg, rds = client("ec2"), client("elbv2"), client("autoscaling"), client("rds")
sqs, iam, cloudwatch, secrets = client("sqs"), client("iam"), client("cloudwatch"), client("secretsmanager")
s3 = client("s3")


def until(what, look):
    for _ in range(600):
        if look():
            return
        time.sleep(0.05)
    raise SystemExit(f"still not: {what}")


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return
    raise SystemExit(f"{call.__name__} was not refused with {code}")


def gone(code, call, **arguments):
    def look():
        try:
            call(**arguments)
        except ClientError as error:
            assert error.response["Error"]["Code"] == code, error
            return True
        return False

    return look


def done(code, call, **arguments):
    """Tries what is refused for a while, such as to delete something that others use."""

    def look():
        try:
            call(**arguments)
        except ClientError as error:
            assert error.response["Error"]["Code"] == code, error
            return False
        return True

    return look


# A network of two zones.
vpc = ec2.create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
until("the VPC is available", lambda: ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["State"] == "available")
zones = [z["ZoneName"] for z in ec2.describe_availability_zones()["AvailabilityZones"]][:2]
subnets = [
    ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.40.{i}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"] for i, zone in enumerate(zones)
]
gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
front = ec2.create_security_group(GroupName="front", Description="front", VpcId=vpc)["GroupId"]
ec2.authorize_security_group_ingress(GroupId=front, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="0.0.0.0/0")
refused(
    "InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, GroupId=front, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="0.0.0.0/0"
)
servers = ec2.create_security_group(GroupName="servers", Description="servers", VpcId=vpc)["GroupId"]
ec2.authorize_security_group_ingress(
    GroupId=servers, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": front}]}]
)

# A role, a queue that it may write to, and a database.
queue = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
# For some moments it may not be found.
until("the queue is known", done("AWS.SimpleQueueService.NonExistentQueue", sqs.get_queue_attributes, QueueUrl=queue))
queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]}
allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue_arn}]}
iam.create_role(RoleName="tier", AssumeRolePolicyDocument=json.dumps(trust))
iam.put_role_policy(RoleName="tier", PolicyName="orders", PolicyDocument=json.dumps(allow))
iam.create_instance_profile(InstanceProfileName="tier")
iam.add_role_to_instance_profile(InstanceProfileName="tier", RoleName="tier")
refused("DeleteConflict", iam.delete_role, RoleName="tier")

rds.create_db_subnet_group(DBSubnetGroupName="tier", DBSubnetGroupDescription="tier", SubnetIds=subnets)
rds.create_db_parameter_group(DBParameterGroupName="tier", DBParameterGroupFamily="postgres16", Description="tier")
rds.modify_db_parameter_group(
    DBParameterGroupName="tier", Parameters=[{"ParameterName": "work_mem", "ParameterValue": "8192", "ApplyMethod": "immediate"}]
)
rds.create_db_instance(
    DBInstanceIdentifier="tier", Engine="postgres", EngineVersion="16", DBInstanceClass="db.t4g.small", AllocatedStorage=20, StorageType="gp3",
    MultiAZ=True, MasterUsername="tier", ManageMasterUserPassword=True, DBSubnetGroupName="tier", DBParameterGroupName="tier", DeletionProtection=True,
)

# Load balancer and servers.
group = elb.create_target_group(
    Name="tier", Protocol="HTTP", Port=80, VpcId=vpc, HealthCheckIntervalSeconds=10, HealthyThresholdCount=2
)["TargetGroups"][0]["TargetGroupArn"]
balancer = elb.create_load_balancer(Name="tier", Subnets=subnets, SecurityGroups=[front])["LoadBalancers"][0]["LoadBalancerArn"]
listener = elb.create_listener(
    LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": group}]
)["Listeners"][0]["ListenerArn"]
rule = elb.create_rule(
    ListenerArn=listener, Priority=1, Conditions=[{"Field": "path-pattern", "Values": ["/status"]}],
    Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
)["Rules"][0]["RuleArn"]
elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "15"}])
until("the load balancer is active", lambda: elb.describe_load_balancers(Names=["tier"])["LoadBalancers"][0]["State"]["Code"] == "active")
refused("ResourceInUse", elb.delete_target_group, TargetGroupArn=group)

# Its logs, for which the bucket's policy has to get around first.
s3.create_bucket(Bucket="tier-logs", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
writing = {
    "Effect": "Allow", "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}, "Action": "s3:PutObject",
    "Resource": "arn:aws:s3:::tier-logs/AWSLogs/123456789012/*",
}
refused("AccessDenied", s3.put_bucket_policy, Bucket="tier-logs", Policy=json.dumps({"Statement": [{**writing, "Principal": "*"}]}))
s3.put_bucket_policy(Bucket="tier-logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [writing]}))
log = {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": "tier-logs"}
logging = {"LoadBalancerArn": balancer, "Attributes": [{"Key": key, "Value": value} for key, value in log.items()]}
until("the policy is known", done("InvalidConfigurationRequest", elb.modify_load_balancer_attributes, **logging))
(written,) = s3.list_objects_v2(Bucket="tier-logs")["Contents"]
assert written["Key"] == "AWSLogs/123456789012/ELBAccessLogTestFile", written
assert s3.get_object(Bucket="tier-logs", Key=written["Key"])["Body"].read(), written
refused("BucketNotEmpty", s3.delete_bucket, Bucket="tier-logs")

data = {"ImageId": "ami-0e5b0000000000001", "InstanceType": "t3.small", "IamInstanceProfile": {"Name": "tier"}, "SecurityGroupIds": [servers]}
template = ec2.create_launch_template(LaunchTemplateName="tier", LaunchTemplateData=data)["LaunchTemplate"]["LaunchTemplateId"]


def create_group():
    asg.create_auto_scaling_group(
        AutoScalingGroupName="tier", MinSize=2, MaxSize=4, VPCZoneIdentifier=",".join(subnets), TargetGroupARNs=[group], HealthCheckType="ELB",
        HealthCheckGracePeriod=60, LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
        Tags=[{"Key": "Name", "Value": "tier", "PropagateAtLaunch": True}],
    )


until("the profile is known", done("ValidationError", create_group))


def in_service(image):
    members = asg.describe_auto_scaling_groups(AutoScalingGroupNames=["tier"])["AutoScalingGroups"][0]["Instances"]
    if sum(m["LifecycleState"] == "InService" for m in members) != 2 or len(members) != 2:
        return False
    assert len({m["AvailabilityZone"] for m in members}) == 2, members
    described = ec2.describe_instances(InstanceIds=[m["InstanceId"] for m in members])["Reservations"]
    return all(i["ImageId"] == image for r in described for i in r["Instances"])


def healthy():
    states = [d["TargetHealth"]["State"] for d in elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]]
    return states == ["healthy", "healthy"]


until("two servers are in service", lambda: in_service("ami-0e5b0000000000001"))
until("both are healthy", healthy)
policy = asg.put_scaling_policy(
    AutoScalingGroupName="tier", PolicyName="cpu", PolicyType="TargetTrackingScaling",
    TargetTrackingConfiguration={"TargetValue": 60.0, "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}},
)
assert len(policy["Alarms"]) == 2, policy
dimensions = [{"Name": "AutoScalingGroupName", "Value": "tier"}]
cloudwatch.put_metric_alarm(
    AlarmName="tier", Namespace="AWS/EC2", MetricName="CPUUtilization", Statistic="Average", Dimensions=dimensions, Period=60,
    EvaluationPeriods=2, Threshold=90, ComparisonOperator="GreaterThanThreshold",
)
alarms = [a["AlarmName"] for page in cloudwatch.get_paginator("describe_alarms").paginate() for a in page["MetricAlarms"]]
# A policy that tracks a target owns two alarms.
assert [name for name in alarms if not name.startswith("TargetTracking-")] == ["tier"], alarms

# Changes: another image for the servers, more backups for the database.
ec2.create_launch_template_version(LaunchTemplateId=template, SourceVersion="1", LaunchTemplateData={"ImageId": "ami-0e5b0000000000002"})
asg.start_instance_refresh(
    AutoScalingGroupName="tier", DesiredConfiguration={"LaunchTemplate": {"LaunchTemplateId": template, "Version": "2"}},
    Preferences={"MinHealthyPercentage": 100, "InstanceWarmup": 30},
)
until(
    "the refresh has ended",
    lambda: asg.describe_instance_refreshes(AutoScalingGroupName="tier")["InstanceRefreshes"][0]["Status"] == "Successful",
)
until("both servers have the new image", lambda: in_service("ami-0e5b0000000000002"))


def database():
    return rds.describe_db_instances(DBInstanceIdentifier="tier")["DBInstances"][0]


until("the database is available", lambda: database()["DBInstanceStatus"] == "available")
assert database()["MultiAZ"] and database()["SecondaryAvailabilityZone"] != database()["AvailabilityZone"], database()
rds.modify_db_instance(DBInstanceIdentifier="tier", BackupRetentionPeriod=14, ApplyImmediately=True)
until("the database has changed", lambda: database()["DBInstanceStatus"] == "available" and database()["BackupRetentionPeriod"] == 14)
secret = database()["MasterUserSecret"]["SecretArn"]
assert secrets.describe_secret(SecretId=secret)["OwningService"] == "rds"
sqs.send_message(QueueUrl=queue, MessageBody="one")
received = sqs.receive_message(QueueUrl=queue)["Messages"]
assert [m["Body"] for m in received] == ["one"], received

# And back.
refused("InvalidParameterCombination", rds.delete_db_instance, DBInstanceIdentifier="tier", SkipFinalSnapshot=True)
rds.modify_db_instance(DBInstanceIdentifier="tier", DeletionProtection=False, ApplyImmediately=True)
rds.delete_db_instance(DBInstanceIdentifier="tier", SkipFinalSnapshot=True)
asg.delete_auto_scaling_group(AutoScalingGroupName="tier", ForceDelete=True)
cloudwatch.delete_alarms(AlarmNames=["tier"])
elb.delete_rule(RuleArn=rule)
elb.delete_load_balancer(LoadBalancerArn=balancer)
until("the group is gone", lambda: not asg.describe_auto_scaling_groups(AutoScalingGroupNames=["tier"])["AutoScalingGroups"])
until("the database is gone", gone("DBInstanceNotFound", rds.describe_db_instances, DBInstanceIdentifier="tier"))
s3.delete_objects(Bucket="tier-logs", Delete={"Objects": [{"Key": written["Key"]}]})
s3.delete_bucket(Bucket="tier-logs")
elb.delete_target_group(TargetGroupArn=group)
ec2.delete_launch_template(LaunchTemplateId=template)
until("the parameter group is free", done("InvalidDBParameterGroupState", rds.delete_db_parameter_group, DBParameterGroupName="tier"))
rds.delete_db_subnet_group(DBSubnetGroupName="tier")
iam.remove_role_from_instance_profile(InstanceProfileName="tier", RoleName="tier")
iam.delete_instance_profile(InstanceProfileName="tier")
iam.delete_role_policy(RoleName="tier", PolicyName="orders")
iam.delete_role(RoleName="tier")
sqs.delete_queue(QueueUrl=queue)
for used in [servers, front]:
    until("nothing uses the security group", done("DependencyViolation", ec2.delete_security_group, GroupId=used))
ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
ec2.delete_internet_gateway(InternetGatewayId=gateway)
for subnet in subnets:
    until("nothing uses the subnet", done("DependencyViolation", ec2.delete_subnet, SubnetId=subnet))
ec2.delete_vpc(VpcId=vpc)
print("done")
