# want: Unknown AWS Region: eu-nowhere-1
variable "server" {}

resource "webtier_clone_server_image" "this" {
  name               = "shop"
  source_instance_id = var.server
  copies             = { eu-nowhere-1 = {} }
}
