variable "deletion_protection" {
  default = false
}

resource "webtier_network" "this" {
  name                = "shop"
  cidr_block          = "10.0.0.0/16"
  deletion_protection = var.deletion_protection
}
