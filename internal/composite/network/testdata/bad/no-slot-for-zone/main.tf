# want: needs reserved_az_slots = 3
resource "webtier_network" "this" {
  name                  = "shop"
  cidr_block            = "10.0.0.0/16"
  availability_zone_ids = ["euw1-az1", "euw1-az3"]
  reserved_az_slots     = 2
}
