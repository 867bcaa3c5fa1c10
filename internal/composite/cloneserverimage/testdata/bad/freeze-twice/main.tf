# want: Two ways to freeze
variable "server" {}

resource "webtier_clone_server_image" "this" {
  name               = "shop"
  source_instance_id = var.server
  freeze             = { document_name = "freeze-shop", before = ["true"], after = ["true"] }
}
