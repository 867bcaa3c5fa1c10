# want: Freezing a server that restarts
variable "server" {}

resource "webtier_clone_server_image" "this" {
  name               = "shop"
  source_instance_id = var.server
  reboot             = true
  freeze             = { document_name = "freeze-shop" }
}
