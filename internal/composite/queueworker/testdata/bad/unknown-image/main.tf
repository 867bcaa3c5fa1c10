# want: has no image ami-0123456789abcdef0
variable "private_subnet_ids" {}

resource "webtier_queue_worker" "this" {
  name                    = "jobs"
  image_id                = "ami-0123456789abcdef0"
  instance_types          = ["t3.micro"]
  instance_subnet_ids     = var.private_subnet_ids
  average_processing_time = 10
}
