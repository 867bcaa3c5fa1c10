resource "webtier_network" "this" {
  name                = "moddb"
  cidr_block          = "10.31.0.0/16"
  deletion_protection = false
}

output "subnet_ids" {
  value = webtier_network.this.subnet_ids
}
