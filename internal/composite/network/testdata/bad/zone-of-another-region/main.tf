# want: Zone cannot be used: use1-az2
# want: Usable zones: euw1-az1
resource "webtier_network" "this" {
  name                  = "shop"
  cidr_block            = "10.0.0.0/16"
  availability_zone_ids = ["euw1-az1", "use1-az2"]
}
