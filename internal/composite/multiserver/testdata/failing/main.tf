variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

variable "image_id" {
  default = "ami-0e5b0000000000001"
}

variable "instance_types" {
  default = ["t3.micro"]
}

variable "spot" {
  default = null
}

variable "user_data" {
  default = null
}

variable "preflight" {
  default = "error"
}

provider "webtier" {
  preflight = var.preflight
}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = var.image_id
  instance_types      = var.instance_types
  spot                = var.spot
  instance_subnet_ids = var.private_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids }
  port                = 8080
  health_check        = { path = "/healthz" }
  user_data           = var.user_data
  deletion_protection = false
}
