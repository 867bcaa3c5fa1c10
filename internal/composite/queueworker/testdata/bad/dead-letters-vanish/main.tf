# want: There it would be deleted after 3600 s of its life, and the queue keeps it for up to 7200 s. Set dead_letter_retention to 7200 or more.
variable "private_subnet_ids" {}

resource "webtier_queue_worker" "this" {
  name                    = "jobs"
  image_id                = "ami-0e5b0000000000011"
  instance_types          = ["t3.micro"]
  instance_subnet_ids     = var.private_subnet_ids
  average_processing_time = 10
  message_retention       = 7200
  dead_letter_retention   = 3600
}
