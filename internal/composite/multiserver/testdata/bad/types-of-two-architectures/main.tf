# want: Image and instance type do not fit
# want: is for x86_64, and t4g.micro is arm64
variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_subnet_ids = var.private_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids }
  port                = 8080
  instance_types      = ["t3.micro", "t4g.micro"]
}
