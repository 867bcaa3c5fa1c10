# A small network, made with AWS's own command line client as people do who look at
# the simulator or prepare something for a test.
vpc=$(aws ec2 create-vpc --cidr-block 10.0.0.0/16 --query Vpc.VpcId)
aws ec2 wait vpc-available --vpc-ids "$vpc"
for zone in 1 2; do
  aws ec2 create-subnet --vpc-id "$vpc" --cidr-block "10.0.$zone.0/24" --availability-zone-id "euw1-az$zone" --query Subnet.CidrBlock
done
subnets=$(aws ec2 describe-subnets --filters "Name=vpc-id,Values=$vpc" --query 'Subnets[].SubnetId')
aws ec2 delete-vpc --vpc-id "$vpc" 2>&1 || echo "refused"
for subnet in $subnets; do
  aws ec2 delete-subnet --subnet-id "$subnet"
done
aws ec2 delete-vpc --vpc-id "$vpc"
aws ec2 describe-vpcs --filters Name=is-default,Values=false --query 'length(Vpcs)'
