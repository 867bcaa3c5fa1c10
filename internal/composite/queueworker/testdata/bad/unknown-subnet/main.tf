# want: eu-west-1 has no subnet subnet-0123456789abcdef0 in this account
variable "private_subnet_ids" {}

resource "webtier_queue_worker" "this" {
  name                    = "jobs"
  image_id                = "ami-0e5b0000000000011"
  instance_types          = ["t3.micro"]
  instance_subnet_ids     = ["subnet-0123456789abcdef0", var.private_subnet_ids[0]]
  average_processing_time = 10
}
