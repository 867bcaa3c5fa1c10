# want: Image and instance type do not fit
# want: has no driver for the network adapter (ENA) of t3.micro
variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

variable "slow_image_id" {}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = var.slow_image_id
  instance_types      = ["t3.micro"]
  instance_subnet_ids = var.private_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids }
  port                = 8080
}
