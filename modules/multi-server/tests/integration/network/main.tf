resource "webtier_network" "this" {
  name                = "modtier"
  cidr_block          = "10.30.0.0/16"
  deletion_protection = false
}

output "subnet_ids" {
  value = webtier_network.this.subnet_ids
}
