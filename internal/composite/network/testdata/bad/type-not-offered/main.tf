# want: Not enough zones
# want: it does not offer m7g.large
resource "webtier_network" "this" {
  name                    = "shop"
  cidr_block              = "10.0.0.0/16"
  availability_zone_count = 4
  instance_types          = ["m7g.large"]
}
