variable "private_subnet_ids" {}

variable "min_size" {
  default = 6
}

variable "fifo" {
  default = false
}

variable "image_id" {
  default = "ami-0e5b0000000000011"
}

resource "webtier_queue_worker" "this" {
  name                     = "jobs"
  image_id                 = var.image_id
  instance_types           = ["t3.micro"]
  instance_subnet_ids      = var.private_subnet_ids
  min_size                 = var.min_size
  max_size                 = 20
  average_processing_time  = 10
  concurrency_per_instance = 10
  target_latency           = 60
  fifo                     = var.fifo
  deletion_protection      = false
}
