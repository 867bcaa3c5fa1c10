resource "webtier_network" "this" {
  name                = "shop"
  cidr_block          = "10.0.0.0/16"
  deletion_protection = false
}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.micro"]
  instance_subnet_ids = webtier_network.this.subnet_ids["private"]
  load_balancer       = { subnet_ids = webtier_network.this.subnet_ids["public"] }
  port                = 8080
  deletion_protection = false
}
