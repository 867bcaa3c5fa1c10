# want: availability_zone_ids
# want: at least 2 elements
resource "webtier_network" "this" {
  name                  = "shop"
  cidr_block            = "10.0.0.0/16"
  availability_zone_ids = ["euw1-az1"]
}
