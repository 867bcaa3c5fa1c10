# want: must be 2 to 20 lower-case letters
variable "private_subnet_ids" {}

resource "webtier_queue_worker" "this" {
  name                    = "jobs-with-a-name-too-long"
  image_id                = "ami-0e5b0000000000011"
  instance_types          = ["t3.micro"]
  instance_subnet_ids     = var.private_subnet_ids
  average_processing_time = 10
}
