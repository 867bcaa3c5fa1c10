# want: 4 servers process 0.8 messages a second, and peak_rate is 2: the backlog would grow without end. Raise max_size to 10 or more
variable "private_subnet_ids" {}

resource "webtier_queue_worker" "this" {
  name                     = "jobs"
  image_id                 = "ami-0e5b0000000000011"
  instance_types           = ["t3.micro"]
  instance_subnet_ids      = var.private_subnet_ids
  average_processing_time  = 10
  max_size                 = 4
  concurrency_per_instance = 2
  peak_rate                = 2
}
