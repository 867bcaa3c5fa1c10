# want: availability_zone_count is 3 but availability_zone_ids names 2 zones
resource "webtier_network" "this" {
  name                    = "shop"
  cidr_block              = "10.0.0.0/16"
  availability_zone_count = 3
  availability_zone_ids   = ["euw1-az1", "euw1-az2"]
}
