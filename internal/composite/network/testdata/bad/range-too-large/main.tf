# want: a VPC takes /16 to /28
resource "webtier_network" "this" {
  name       = "shop"
  cidr_block = "10.0.0.0/8"
}
