# want: The server cannot be asked for a path
variable "server" {}
variable "subnet" {}

resource "webtier_clone_server_image" "this" {
  name               = "shop"
  source_instance_id = var.server
  verify             = { instance_type = "t3.small", subnet_id = var.subnet, http_path = "/health" }
}
