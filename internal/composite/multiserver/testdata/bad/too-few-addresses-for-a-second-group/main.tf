# want: Not enough free addresses in eu-west-1
# want: and rollout.strategy = "blue_green" there may be 60 servers for a while
variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

variable "small_subnet_ids" {}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.micro"]
  instance_subnet_ids = var.small_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids }
  port                = 8080
  max_size            = 30
  rollout             = { strategy = "blue_green", max_healthy_percentage = 100 }
}
