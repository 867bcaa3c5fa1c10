# want: Subnet does not exist: subnet-0123456789abcdef0
variable "server" {}

resource "webtier_clone_server_image" "this" {
  name               = "shop"
  source_instance_id = var.server
  verify             = { instance_type = "t3.small", subnet_id = "subnet-0123456789abcdef0" }
}
