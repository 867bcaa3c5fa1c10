# want: VPC range too small for the tier
# want: /28 at the smallest
resource "webtier_network" "this" {
  name       = "shop"
  cidr_block = "10.0.0.0/26"
}
