# want: Rollout longer than an apply may take
# want: pauses alone take 2h0m0s, and timeouts.update is 1h30m0s
# want: update = "210m"
variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.micro"]
  instance_subnet_ids = var.private_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids }
  port                = 8080
  rollout             = { checkpoint_percentages = [34, 67, 100] }
}
