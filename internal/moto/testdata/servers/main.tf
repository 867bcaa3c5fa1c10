# moto's images have no driver for the network adapter of its instance types.
provider "webtier" {
  preflight = "warn"
}

variable "image_id" {}

variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

variable "idle_timeout" {
  default = 60
}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = var.image_id
  instance_types      = ["t3.micro"]
  instance_subnet_ids = var.private_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids, idle_timeout = var.idle_timeout, create_access_logs_bucket = true }
  port                = 8080
  root_volume         = { size = 20 } # moto cannot take the size from the image
  deletion_protection = false
}
