# want: "10.0.0.0" is not an IPv4 range
resource "webtier_network" "this" {
  name       = "shop"
  cidr_block = "10.0.0.0"
}
