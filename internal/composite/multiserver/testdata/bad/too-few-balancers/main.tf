# want: Quota of load balancers reached
# want: may have 0 network load balancers in eu-west-1, and has 0
variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.micro"]
  instance_subnet_ids = var.private_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids, type = "network" }
  port                = 8080
}
