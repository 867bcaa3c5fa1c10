variable "cidr_block" {
  default = "10.20.0.0/16"
}

variable "zones" {
  default = ["euw1-az1", "euw1-az2"]
}

variable "nat_gateway_mode" {
  default = "per_az"
}

variable "gateway_endpoints" {
  default = ["s3"]
}

variable "flow_log_destination" {
  default = "arn:aws:s3:::flow-logs"
}

variable "tags" {
  default = { team = "shop", stage = "test" }
}

variable "deletion_protection" {
  default = false
}

resource "webtier_network" "this" {
  name                  = "shop-full"
  cidr_block            = var.cidr_block
  availability_zone_ids = var.zones
  instance_types        = ["m6i.large", "t3.micro"]
  reserved_az_slots     = 5
  tiers = {
    edge = { kind = "public", newbits = 6, block = 0 }
    app  = { kind = "private", newbits = 5, block = 1 }
    db   = { kind = "isolated", newbits = 6, block = 4 }
  }
  nat_gateway_mode     = var.nat_gateway_mode
  gateway_endpoints    = var.gateway_endpoints
  flow_log_destination = var.flow_log_destination
  deletion_protection  = var.deletion_protection
  tags                 = var.tags
}
