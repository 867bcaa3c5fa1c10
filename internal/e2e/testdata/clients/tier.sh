# A web tier and its database, made, looked at and deleted with
# AWS's command line client. It polls by itself: the client's waiters sleep for 15
# or 30 s of real time between two looks.

# until_is WANTED COMMAND...: repeats a command until it prints what is wanted.
until_is() {
  wanted=$1
  shift
  for _ in $(seq 60); do
    got=$("$@" 2>&1) || true
    case $got in
    *"$wanted"*) return 0 ;;
    esac
    sleep 0.5
  done
  echo "still $got, not $wanted: $*" >&2
  return 1
}

vpc=$(aws ec2 create-vpc --cidr-block 10.50.0.0/16 --query Vpc.VpcId)
until_is available aws ec2 describe-vpcs --vpc-ids "$vpc" --query 'Vpcs[0].State'
gateway=$(aws ec2 create-internet-gateway --query InternetGateway.InternetGatewayId)
aws ec2 attach-internet-gateway --vpc-id "$vpc" --internet-gateway-id "$gateway"
set --
for zone in a b; do
  set -- "$@" "$(aws ec2 create-subnet --vpc-id "$vpc" --cidr-block "10.50.$#.0/24" --availability-zone "eu-west-1$zone" --query Subnet.SubnetId)"
done

# Load balancer, target group, listener.
group=$(aws elbv2 create-target-group --name cli --protocol HTTP --port 80 --vpc-id "$vpc" --health-check-interval-seconds 10 \
  --healthy-threshold-count 2 --query 'TargetGroups[0].TargetGroupArn')
balancer=$(aws elbv2 create-load-balancer --name cli --subnets "$1" "$2" --query 'LoadBalancers[0].LoadBalancerArn')
aws elbv2 create-listener --load-balancer-arn "$balancer" --protocol HTTP --port 80 \
  --default-actions "Type=forward,TargetGroupArn=$group" --query 'Listeners[0].Port'
until_is active aws elbv2 describe-load-balancers --names cli --query 'LoadBalancers[0].State.Code'

# Servers that scale.
aws ec2 create-launch-template --launch-template-name cli --query LaunchTemplate.LatestVersionNumber \
  --launch-template-data '{"ImageId":"ami-0e5b0000000000001","InstanceType":"t3.small","MetadataOptions":{"HttpTokens":"required"}}'
aws autoscaling create-auto-scaling-group --auto-scaling-group-name cli --launch-template 'LaunchTemplateName=cli,Version=1' \
  --min-size 2 --max-size 4 --vpc-zone-identifier "$1,$2" --target-group-arns "$group" --health-check-type ELB --health-check-grace-period 60
aws autoscaling put-scaling-policy --auto-scaling-group-name cli --policy-name cpu --policy-type TargetTrackingScaling --query 'length(Alarms)' \
  --target-tracking-configuration '{"TargetValue":60,"PredefinedMetricSpecification":{"PredefinedMetricType":"ASGAverageCPUUtilization"}}'
until_is "healthy	healthy" aws elbv2 describe-target-health --target-group-arn "$group" --query 'TargetHealthDescriptions[].TargetHealth.State'
echo "servers in $(aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names cli --query 'sort(AutoScalingGroups[0].Instances[].AvailabilityZone)')"

# A database with a standby.
aws rds create-db-subnet-group --db-subnet-group-name cli --db-subnet-group-description cli --subnet-ids "$1" "$2" --query DBSubnetGroup.SubnetGroupStatus
aws rds create-db-instance --db-instance-identifier cli --engine postgres --db-instance-class db.t4g.small --allocated-storage 20 --multi-az \
  --master-username cli --manage-master-user-password --db-subnet-group-name cli --query DBInstance.DBInstanceStatus
until_is available aws rds describe-db-instances --db-instance-identifier cli --query 'DBInstances[0].DBInstanceStatus'
echo "standby in $(aws rds describe-db-instances --query 'DBInstances[0].SecondaryAvailabilityZone')"
aws rds delete-db-subnet-group --db-subnet-group-name cli 2>&1 || echo "subnet group refused"

# And back.
aws rds delete-db-instance --db-instance-identifier cli --skip-final-snapshot --query DBInstance.DBInstanceStatus
aws autoscaling delete-auto-scaling-group --auto-scaling-group-name cli --force-delete
aws elbv2 delete-load-balancer --load-balancer-arn "$balancer"
until_is DBInstanceNotFound aws rds describe-db-instances --db-instance-identifier cli
until_is "0" aws autoscaling describe-auto-scaling-groups --query 'length(AutoScalingGroups)'
aws elbv2 delete-target-group --target-group-arn "$group"
aws ec2 delete-launch-template --launch-template-name cli --query LaunchTemplate.LaunchTemplateName
until_is "" aws rds delete-db-subnet-group --db-subnet-group-name cli
aws ec2 detach-internet-gateway --vpc-id "$vpc" --internet-gateway-id "$gateway"
aws ec2 delete-internet-gateway --internet-gateway-id "$gateway"
for subnet in "$@"; do
  aws ec2 delete-subnet --subnet-id "$subnet"
done
aws ec2 delete-vpc --vpc-id "$vpc"
