# want: rollout.alarm_names
# want: must contain at least 1 elements and at most 10 elements
variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.micro"]
  instance_subnet_ids = var.private_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids }
  port                = 8080
  rollout             = { alarm_names = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"] }
}
