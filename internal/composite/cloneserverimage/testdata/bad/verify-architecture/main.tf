# want: Instance type does not fit the server: t4g.small
variable "server" {}
variable "subnet" {}

resource "webtier_clone_server_image" "this" {
  name               = "shop"
  source_instance_id = var.server
  verify             = { instance_type = "t4g.small", subnet_id = var.subnet }
}
