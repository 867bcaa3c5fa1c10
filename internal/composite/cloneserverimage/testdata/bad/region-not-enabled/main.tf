# want: Region is not enabled: eu-south-1
variable "server" {}

resource "webtier_clone_server_image" "this" {
  name               = "shop"
  source_instance_id = var.server
  copies             = { eu-south-1 = {} }
}
