# want: No way to freeze and thaw
variable "server" {}

resource "webtier_clone_server_image" "this" {
  name               = "shop"
  source_instance_id = var.server
  freeze             = { before = ["fsfreeze -f /srv"] }
}
