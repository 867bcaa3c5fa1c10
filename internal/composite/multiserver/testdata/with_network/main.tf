variable "image_id" {
  default = "ami-0e5b0000000000001"
}

variable "instance_type" {
  default = "t3.micro"
}

resource "webtier_network" "this" {
  name                = "shop"
  cidr_block          = "10.0.0.0/16"
  deletion_protection = false
}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = var.image_id
  instance_types      = [var.instance_type]
  instance_subnet_ids = webtier_network.this.subnet_ids["private"]
  load_balancer       = { subnet_ids = webtier_network.this.subnet_ids["public"] }
  port                = 8080
  deletion_protection = false
}
