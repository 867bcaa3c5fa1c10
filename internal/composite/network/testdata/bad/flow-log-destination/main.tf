# want: must be the ARN of an S3 bucket or of a CloudWatch log group
resource "webtier_network" "this" {
  name                 = "shop"
  cidr_block           = "10.0.0.0/16"
  flow_log_destination = "my-bucket"
}
