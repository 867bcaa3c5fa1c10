# want: No place for NAT gateways
resource "webtier_network" "this" {
  name       = "shop"
  cidr_block = "10.0.0.0/16"
  tiers = {
    app = { kind = "private", block = 0 }
  }
}
