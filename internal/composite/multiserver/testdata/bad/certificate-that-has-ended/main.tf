# want: Certificate cannot be used
# want: EXPIRED
variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.micro"]
  instance_subnet_ids = var.private_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids, certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/33333333-2222-3333-4444-555555555555" }
  port                = 8080
}
