terraform {
  required_providers {
    webtier = { source = "webtier/webtier" }
  }
}

variable "image_id" {
  default = "ami-0e5b0000000000001"
}

variable "deletion_protection" {
  default = true
}

locals {
  name = "shop"
  tags = { for key in ["team", "owner"] : key => upper(local.name) }
}

provider "webtier" {
  default_tags = { scenario = "life" }
}

resource "webtier_network" "this" {
  name                = local.name
  cidr_block          = "10.20.0.0/16"
  tags                = local.tags
  deletion_protection = var.deletion_protection
}

resource "webtier_multi_server" "this" {
  name                = local.name
  image_id            = var.image_id
  instance_types      = ["t3.small"]
  instance_subnet_ids = webtier_network.this.subnet_ids["private"]
  load_balancer       = { subnet_ids = webtier_network.this.subnet_ids["public"], create_access_logs_bucket = true }
  port                = 80
  user_data           = templatefile("${path.module}/boot.sh", { port = 80 })
  deletion_protection = var.deletion_protection
}

output "zones" {
  value = join(" ", webtier_network.this.availability_zone_ids)
}

output "url" {
  value = "http://${webtier_multi_server.this.dns_name}"
}

output "logs" {
  value = webtier_multi_server.this.access_logs_bucket_name
}

output "vpc_id" {
  value = webtier_network.this.vpc_id
}
