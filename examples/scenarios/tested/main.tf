terraform {
  required_providers {
    webtier = { source = "webtier/webtier" }
  }
}

variable "name" {
  type    = string
  default = "shop"
}

variable "image_id" {
  type    = string
  default = "ami-0e5b0000000000001" # exists in the local AWS
}

variable "deletion_protection" {
  type    = bool
  default = true
}

resource "webtier_network" "this" {
  name       = var.name
  cidr_block = "10.20.0.0/16"

  deletion_protection = var.deletion_protection
}

resource "webtier_multi_server" "this" {
  name                = var.name
  image_id            = var.image_id
  instance_types      = ["t3.small"]
  instance_subnet_ids = webtier_network.this.subnet_ids["private"]
  load_balancer       = { subnet_ids = webtier_network.this.subnet_ids["public"] }
  port                = 80
  deletion_protection = var.deletion_protection
}

output "zones" {
  value = webtier_network.this.availability_zone_ids
}

output "url" {
  value = "http://${webtier_multi_server.this.dns_name}"
}
