# want: Image and instance type do not fit
# want: boots by legacy-bios, and t4g.micro by uefi
variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

variable "legacy_image_id" {}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = var.legacy_image_id
  instance_types      = ["t4g.micro"]
  instance_subnet_ids = var.private_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids }
  port                = 8080
}
