# want: nat_gateway_mode
# want: regional
resource "webtier_network" "this" {
  name             = "shop"
  cidr_block       = "10.0.0.0/16"
  nat_gateway_mode = "double"
}
