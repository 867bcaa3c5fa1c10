package moto

// judgement says who is right about a step, and by what source.
type judgement struct{ right, text string }

func ours(text string) judgement { return judgement{"local AWS", text} }
func open(text string) judgement { return judgement{"open", text} }

// Pages that several steps rest on.
const (
	ec2Codes  = "EC2 API Reference, Error codes"
	elbModel  = "model of Elastic Load Balancing"
	rdsModel  = "model of RDS"
	asgFields = "aws-facts §5.1"

	bucketNames  = "S3 User Guide, bucket naming rules"
	newBuckets   = "S3 User Guide, default settings for new buckets since April 2023"
	bucketPolicy = "S3 API Reference, error responses: MalformedPolicy"
)

// sources explains every difference, by script and step.
var sources = map[string]judgement{
	"networks: the new VPC's state":                                  ours("aws-facts §2.1: pending, then available within seconds"),
	"networks: a route again":                                        open("aws-facts §2.6: an identical route may succeed silently, RouteAlreadyExists for another target"),
	"networks: a route to an unknown gateway":                        ours("github.com/hashicorp/terraform/issues/4987 quotes EC2: InvalidGatewayID.NotFound"),
	"networks: deleting a VPC with a gateway":                        ours("aws-facts §2.1: DependencyViolation until everything else is gone"),
	"networks: deleting the VPC":                                     ours("moto deleted it one step before, with its gateway"),
	"networks: a subnet of a /29":                                    ours("API_CreateSubnet: /28 to /16"),
	"nat gateways: the new NAT gateway's state":                      ours("aws-facts §2.5: pending first"),
	"nat gateways: the same client token":                            ours("API_CreateNatGateway: ClientToken"),
	"nat gateways: the same client token gives the same NAT gateway": ours("API_CreateNatGateway: ClientToken"),
	"nat gateways: an address that is in use":                        ours("aws-facts §2.5: the call succeeds, the NAT gateway fails (FailureCode Resource.AlreadyAssociated)"),
	"nat gateways: detaching the gateway below a mapped address":     ours("aws-facts §2.3: has some mapped public address(es)"),
	"nat gateways: releasing an address that is in use":              ours("aws-facts §2.4"),
	"nat gateways: deleting a subnet with a NAT gateway":             ours("aws-facts §2.2: while any network interface is in it"),
	"security groups: a group named default":                         ours("github.com/hashicorp/terraform/issues/17343 quotes EC2: InvalidParameterValue, reserved"),
	"security groups: a group named sg-":                             ours("API_CreateSecurityGroup: cannot start with sg-"),
	"security groups: deleting a group that a rule admits":           ours("aws-facts §2.7: or any other group's rule references it"),
	"security groups: a rule whose ports are the wrong way round":    ours("API_IpPermission: FromPort is the start of the range"),
	"launch templates: the same client token":                        ours("aws-facts §3.1: ClientToken"),
	"launch templates: deleting a version":                           ours("API_DeleteLaunchTemplateVersions; moto has no such operation"),
	"launch templates: an unknown template by id":                    ours("aws-facts §3.1: InvalidLaunchTemplateId.NotFound"),
	"launch templates: a malformed id":                               ours(ec2Codes + ": InvalidLaunchTemplateId.Malformed"),
	"launch templates: deleting a template again":                    ours(ec2Codes + ": InvalidLaunchTemplateId.NotFound, for it was named by id"),
	"instances: an unknown instance type":                            ours("github.com/getmoto/moto/issues/1695 quotes EC2: InvalidParameterValue"),
	"instances: an image of another architecture":                    ours("aws-facts §5.9: The architecture … of the specified instance type does not match"),
	"instances: the same client token gives the same instance":       ours("aws-facts §17: ClientToken"),
	"instances: a client token with other parameters":                ours(ec2Codes + ": IdempotentParameterMismatch"),
	"instances: deleting a group in use":                             ours("aws-facts §2.7: while any network interface uses it"),
	"instances: deleting a subnet in use":                            ours("aws-facts §2.2: while any network interface is in it"),
	"tags: a tag of AWS's own":                                       ours("aws-facts §2.9: aws: is reserved"),

	"load balancers: its name with other settings":       ours("aws-facts §4.2: DuplicateLoadBalancerName"),
	"load balancers: one subnet":                         ours("aws-facts §4.2: two subnets in different zones"),
	"load balancers: an unknown subnet":                  ours(elbModel + ": SubnetNotFound; it has no EC2 codes"),
	"load balancers: a name that begins with internal-":  ours("aws-facts §4.1"),
	"load balancers: a name of 33 letters":               ours("aws-facts §4.1: at most 32"),
	"load balancers: an attribute out of range":          ours("aws-facts §4.3: 1 to 4000"),
	"load balancers: an unknown attribute":               open("aws-facts §4.3 has both: ValidationError or InvalidConfigurationRequest"),
	"load balancers: deleting its security group":        ours("aws-facts §4.4: interfaces stay, even after the load balancer"),
	"load balancers: deleting a protected load balancer": ours("aws-facts §4.3: OperationNotPermitted"),
	"target groups: a target group again":                ours("aws-facts §4.5: idempotent for identical settings"),
	"target groups: a threshold of 1":                    ours("aws-facts §4.5: 2 to 10"),
	"target groups: an unknown attribute":                ours("aws-facts §4.3: attribute key is not recognized"),
	"target groups: a target that is not there":          ours("aws-facts §4.6: InvalidTarget"),
	"target groups: deleting a target group again":       ours(elbModel + ": DeleteTargetGroup has no TargetGroupNotFound"),
	"listeners: a port in use":                           ours("aws-facts §4.7: DuplicateListener"),
	"listeners: a rule without conditions":               ours("API_CreateRule: Conditions is required"),
	"listeners: deleting the default rule":               ours(elbModel + ": OperationNotPermitted; moto crashes"),
	"listeners: deleting a rule again":                   ours(elbModel + ": RuleNotFound"),
	"listeners: HTTPS without a certificate":             ours("aws-facts §4.7: exactly one default certificate"),

	"auto scaling: a minimum above the maximum":              ours(asgFields + ": Max bound must be greater than or equal to min bound"),
	"auto scaling: a subnet that is not there":               ours(asgFields + ": ValidationError, The subnet ID does not exist"),
	"auto scaling: an unknown launch template":               ours(asgFields + ": ValidationError, You must use a valid fully-formed launch template"),
	"auto scaling: an unknown target group":                  ours(asgFields + ": ValidationError"),
	"auto scaling: a name in use":                            ours(asgFields + ": AlreadyExists"),
	"auto scaling: zones of the instances":                   ours("Auto Scaling User Guide, Benefits: instances are balanced over zones"),
	"auto scaling: activities of two launches":               ours("aws-facts §5.9"),
	"auto scaling: a desired capacity above the maximum":     ours("API_SetDesiredCapacity: between minimum and maximum"),
	"auto scaling: a minimum above the maximum by an update": ours(asgFields),
	"auto scaling: a policy of a group that is not there":    ours("API_PutScalingPolicy: the group is required, ValidationError as for every operation"),
	"auto scaling: deleting a policy that is not there":      open("aws-facts §1.3: ValidationError is the code of what is not modelled; no source for this text"),
	"auto scaling: suspending an unknown process":            ours("API_SuspendProcesses lists the processes"),
	"auto scaling: a refresh":                                ours("API_StartInstanceRefresh; moto has no such operation"),
	"auto scaling: a refresh during a refresh":               ours("aws-facts §5.5: InstanceRefreshInProgress; moto has no such operation"),
	"auto scaling: cancelling a refresh":                     ours("API_CancelInstanceRefresh; moto has no such operation"),
	"auto scaling: deleting a group with instances":          ours("aws-facts §5.10: ResourceInUse without ForceDelete"),

	"roles: a name in use but for its case":    ours("aws-facts §9.2: uniqueness without regard to case"),
	"roles: a trust policy that is no JSON":    ours("API_CreateRole: MalformedPolicyDocument"),
	"roles: a trust policy without statements": ours("IAM User Guide, Grammar: a statement is required"),
	"roles: removing the role again":           ours("API_RemoveRoleFromInstanceProfile: NoSuchEntity; moto crashes"),

	"databases: a subnet group in one zone":                 ours("aws-facts §6.4: DBSubnetGroupDoesNotCoverEnoughAZs"),
	"databases: a subnet that is not there":                 ours(rdsModel + ": InvalidSubnet; it has no EC2 codes"),
	"databases: a subnet group again":                       ours(rdsModel + ": DBSubnetGroupAlreadyExists"),
	"databases: an unknown family":                          ours("API_CreateDBParameterGroup: DBParameterGroupFamily is one of DescribeDBEngineVersions'"),
	"databases: versions of an engine":                      ours("API_DescribeDBEngineVersions; moto has no such operation"),
	"databases: there are versions":                         ours("API_DescribeDBEngineVersions; moto has no such operation"),
	"databases: an unknown instance class":                  ours("RDS User Guide, DB instance classes"),
	"databases: 5 GiB":                                      ours("github.com/convox/rack/issues/2846 quotes RDS: InvalidParameterCombination, Invalid storage size"),
	"databases: a short password":                           ours("API_CreateDBInstance: 8 to 128 characters"),
	"databases: a reserved user name":                       ours("API_CreateDBInstance: cannot be a reserved word of the engine"),
	"databases: the new database's state":                   ours("aws-facts §6.2"),
	"databases: changing a database that is being created":  ours("aws-facts §6.11: InvalidDBInstanceState while creating"),
	"databases: storage that shrinks":                       ours("aws-facts §6.6"),
	"databases: a subnet group after a change":              ours("API_ModifyDBSubnetGroup; moto deletes the group"),
	"databases: deleting the subnet group":                  ours("moto deleted it at its change"),
	"databases: deleting without a final snapshot's name":   ours("aws-facts §6.11"),
	"databases: deleting a subnet group in use":             ours("aws-facts §6.9: InvalidDBSubnetGroupStateFault"),
	"queues: a visibility timeout out of range":             ours("aws-facts §7: 0 to 43200"),
	"queues: an unknown attribute":                          ours("model of SQS: InvalidAttributeName"),
	"queues: a redrive policy to a queue that is not there": ours("aws-facts §7: InvalidParameterValue, Dead letter target does not exist"),
	"queues: purging again at once":                         ours("aws-facts §7: PurgeQueueInProgress for 60 s"),
	"queues: its name right after":                          ours("aws-facts §7: QueueDeletedRecently for 60 s"),
	"metrics: alarms":                                       ours("the SDK speaks rpc-v2-cbor; moto 5.2 has no such route"),

	"secrets: a secret of text and bytes":                  ours("API_CreateSecret: SecretString or SecretBinary, but not both"),
	"secrets: its name while it is to be deleted":          ours("aws-facts §10: InvalidRequestException, already scheduled for deletion"),
	"parameters: another type":                             ours("API_PutParameter: HierarchyTypeMismatchException"),
	"certificates: a malformed ARN":                        ours("model of ACM: the pattern of CertificateArn"),
	"zones: a caller reference again":                      ours("API_CreateHostedZone: HostedZoneAlreadyExists"),
	"zones: deleting a record with another value":          ours("aws-facts §11.2: must match exactly, InvalidChangeBatch"),
	"zones: an address that is none":                       ours("API_ChangeResourceRecordSets: InvalidChangeBatch"),
	"zones: a record again":                                ours("API_ChangeResourceRecordSets: CREATE of what exists, InvalidChangeBatch"),
	"buckets: a name in capitals":                          ours(bucketNames),
	"buckets: a name that is an address":                   ours(bucketNames),
	"buckets: tags that were given to a new bucket":        ours("API_CreateBucket: Tags of CreateBucketConfiguration, newer than moto"),
	"buckets: their number":                                ours("API_CreateBucket: Tags of CreateBucketConfiguration, newer than moto"),
	"buckets: a head for another owner":                    ours("API_HeadBucket: x-amz-expected-bucket-owner, 403 Forbidden"),
	"buckets: the public access block of a new bucket":     ours(newBuckets),
	"buckets: a new bucket blocks public policies":         ours(newBuckets),
	"buckets: a new bucket's encryption":                   ours("S3 User Guide, default encryption: SSE-S3 for all since January 2023"),
	"buckets: a new bucket's ownership controls":           ours(newBuckets),
	"buckets: objects that expire at once":                 ours("API_LifecycleExpiration: Days is a positive integer"),
	"bucket policies: no JSON":                             ours(bucketPolicy),
	"bucket policies: a policy for another bucket":         ours(bucketPolicy),
	"bucket policies: an action on objects for the bucket": ours(bucketPolicy),
	"bucket policies: no principal":                        ours(bucketPolicy),
	"bucket policies: a public policy that is blocked":     ours("S3 User Guide, blocking public access: BlockPublicPolicy"),
	"objects: its encryption":                              ours("S3 User Guide, default encryption: SSE-S3 for all since January 2023"),
	"objects: an object for everybody":                     ours("S3 User Guide, object ownership: AccessControlListNotSupported"),
}
