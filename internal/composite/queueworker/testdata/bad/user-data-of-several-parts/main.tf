# want: puts a part of its own before user_data, and parts cannot be nested.
variable "private_subnet_ids" {}

resource "webtier_queue_worker" "this" {
  name                    = "jobs"
  image_id                = "ami-0e5b0000000000011"
  instance_types          = ["t3.micro"]
  instance_subnet_ids     = var.private_subnet_ids
  average_processing_time = 10
  user_data               = "Content-Type: multipart/mixed; boundary=x\nMIME-Version: 1.0\n"
}
