# want: Rollout longer than an apply may take
# want: pauses alone take 1h10m0s, and timeouts.update is 1h0m0s
variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.micro"]
  instance_subnet_ids = var.private_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids }
  port                = 8080
  rollout             = { strategy = "blue_green", steps = [10, 50], step_delay = 1800, bake_time = 600 }
  timeouts            = { update = "1h" }
}
