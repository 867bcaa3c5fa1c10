# want: must be 2 to 20 lower-case letters
resource "webtier_network" "this" {
  name       = "Shop_1"
  cidr_block = "10.0.0.0/16"
}
