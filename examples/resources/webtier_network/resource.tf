# Public, private and data subnets in three zones, with a NAT gateway in each.
resource "webtier_network" "shop" {
  name       = "shop"
  cidr_block = "10.20.0.0/16"
}

# Two zones, tiers of one's own, and one NAT gateway for both zones.
resource "webtier_network" "trial" {
  name                    = "trial"
  cidr_block              = "10.30.0.0/16"
  availability_zone_count = 2
  nat_gateway_mode        = "single"
  deletion_protection     = false

  tiers = {
    edge = { kind = "public", block = 0 }
    app  = { kind = "private", block = 1 }
  }
}
