resource "webtier_network" "this" {
  name                = "modwork"
  cidr_block          = "10.32.0.0/16"
  deletion_protection = false
}

output "subnet_ids" {
  value = webtier_network.this.subnet_ids
}
