# want: The ranges of the tiers app and web overlap
resource "webtier_network" "this" {
  name       = "shop"
  cidr_block = "10.0.0.0/16"
  tiers = {
    app = { kind = "private", block = 0 }
    web = { kind = "public", block = 0 }
  }
}
