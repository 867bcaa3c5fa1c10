# want: No web ACL for a network load balancer
variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.micro"]
  instance_subnet_ids = var.private_subnet_ids
  port                = 8080
  load_balancer = {
    subnet_ids  = var.public_subnet_ids
    type        = "network"
    web_acl_arn = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/shop/11111111-2222-3333-4444-555555555555"
  }
}
