# want: Reserved tag key
resource "webtier_network" "this" {
  name       = "shop"
  cidr_block = "10.0.0.0/16"
  tags       = { "aws:team" = "x" }
}
