# want: "eu-west-1a" is not the id of a standard zone
resource "webtier_network" "this" {
  name                  = "shop"
  cidr_block            = "10.0.0.0/16"
  availability_zone_ids = ["eu-west-1a", "eu-west-1b"]
}
