# want: Image and instance type do not fit
# want: is for arm64, and t3.micro is x86_64
variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = "ami-0e5b00000000000a1"
  instance_types      = ["t3.micro"]
  instance_subnet_ids = var.private_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids }
  port                = 8080
}
