# want: A copy in the Region of the image: eu-west-1
variable "server" {}

resource "webtier_clone_server_image" "this" {
  name               = "shop"
  source_instance_id = var.server
  copies             = { eu-west-1 = {} }
}
