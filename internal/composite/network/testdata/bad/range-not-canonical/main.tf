# want: AWS would silently change 10.0.1.0/16 to 10.0.0.0/16
resource "webtier_network" "this" {
  name       = "shop"
  cidr_block = "10.0.1.0/16"
}
