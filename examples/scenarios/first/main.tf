terraform {
  required_providers {
    webtier = { source = "webtier/webtier" }
  }
}

resource "webtier_network" "shop" {
  name       = "shop"
  cidr_block = "10.20.0.0/16"
}

resource "webtier_multi_server" "shop" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001" # your image; this one exists in the local AWS
  instance_types      = ["t3.small"]
  instance_subnet_ids = webtier_network.shop.subnet_ids["private"]
  load_balancer       = { subnet_ids = webtier_network.shop.subnet_ids["public"] }
  port                = 80
}

output "url" {
  value = "http://${webtier_multi_server.shop.dns_name}"
}
