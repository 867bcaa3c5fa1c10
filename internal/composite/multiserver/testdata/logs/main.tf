variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

variable "create" {
  default = true
}

variable "bucket" {
  default = null
}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.micro"]
  instance_subnet_ids = var.private_subnet_ids
  port                = 8080
  deletion_protection = false
  load_balancer = {
    subnet_ids                = var.public_subnet_ids
    create_access_logs_bucket = var.create
    access_logs_bucket        = var.bucket
  }
}
