# want: must be 2 to 20 lower-case letters
resource "webtier_network" "this" {
  name       = "a-name-that-is-far-too-long"
  cidr_block = "10.0.0.0/16"
}
