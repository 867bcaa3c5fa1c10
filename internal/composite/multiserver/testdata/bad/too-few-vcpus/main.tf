# want: Quota of vCPUs too small
# want: With min_size = 30, 30 servers of t3.micro take 60 vCPUs
# want: is 64 vCPUs, of which 24 are in use
variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.micro"]
  instance_subnet_ids = var.private_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids }
  port                = 8080
  min_size            = 30
}
