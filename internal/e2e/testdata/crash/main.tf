terraform {
  required_providers {
    webtier = { source = "webtier/webtier" }
  }
}

variable "gateway_endpoints" {
  type    = set(string)
  default = ["s3"]
}

variable "image_id" {
  default = "ami-0e5b0000000000001"
}

variable "ingress_cidr_blocks" {
  type    = set(string)
  default = ["192.0.2.0/24"]
}

variable "team" {
  default = "shop"
}

resource "webtier_network" "this" {
  name                    = "shop"
  cidr_block              = "10.20.0.0/16"
  availability_zone_count = 2
  nat_gateway_mode        = "single"
  gateway_endpoints       = var.gateway_endpoints
  tags                    = { team = var.team }
  deletion_protection     = false
}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = var.image_id
  instance_types      = ["t3.small"]
  instance_subnet_ids = webtier_network.this.subnet_ids["private"]
  load_balancer = {
    subnet_ids          = webtier_network.this.subnet_ids["public"]
    ingress_cidr_blocks = var.ingress_cidr_blocks
  }
  port                = 80
  tags                = { team = var.team }
  deletion_protection = false
}
