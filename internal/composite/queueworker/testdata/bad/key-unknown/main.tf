# want: Key that cannot be used: alias/jobs
# want: has no such KMS key that this account may use
variable "private_subnet_ids" {}

resource "webtier_queue_worker" "this" {
  name                    = "jobs"
  image_id                = "ami-0e5b0000000000011"
  instance_types          = ["t3.micro"]
  instance_subnet_ids     = var.private_subnet_ids
  average_processing_time = 10
  kms_key_id              = "alias/jobs"
}
