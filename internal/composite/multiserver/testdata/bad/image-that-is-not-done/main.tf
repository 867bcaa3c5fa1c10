# want: Image cannot be used: ami-
# want: Its state is pending
variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

variable "pending_image_id" {}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = var.pending_image_id
  instance_types      = ["t3.micro"]
  instance_subnet_ids = var.private_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids }
  port                = 8080
}
