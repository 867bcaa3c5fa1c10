# want: min_size is 5 and max_size is 4. Raise max_size to 5 or more.
variable "private_subnet_ids" {}

resource "webtier_queue_worker" "this" {
  name                    = "jobs"
  image_id                = "ami-0e5b0000000000011"
  instance_types          = ["t3.micro"]
  instance_subnet_ids     = var.private_subnet_ids
  average_processing_time = 10
  min_size                = 5
  max_size                = 4
}
