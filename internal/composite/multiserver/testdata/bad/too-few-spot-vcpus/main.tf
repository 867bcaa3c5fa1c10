# want: Quota of vCPUs too small
# want: 5 servers of t3.micro take 10 vCPUs
# want: quota of Standard Spot Instance requests is 8 vCPUs, of which 0 are in use
variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_subnet_ids = var.private_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids }
  port                = 8080
  instance_types      = ["t3.micro", "t3.small"]
  spot                = { on_demand_base = 1, percentage = 100 }
  min_size            = 6
}
