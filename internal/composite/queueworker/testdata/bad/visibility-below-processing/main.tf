# want: A message takes 120 s on average, but is given to another server after 60 s. Set visibility_timeout to 720 or more
variable "private_subnet_ids" {}

resource "webtier_queue_worker" "this" {
  name                    = "jobs"
  image_id                = "ami-0e5b0000000000011"
  instance_types          = ["t3.micro"]
  instance_subnet_ids     = var.private_subnet_ids
  average_processing_time = 120
  visibility_timeout      = 60
}
