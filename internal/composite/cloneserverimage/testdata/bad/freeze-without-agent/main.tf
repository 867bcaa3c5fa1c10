# want: Server cannot be frozen
variable "encrypted" {}

resource "webtier_clone_server_image" "this" {
  name               = "shop"
  source_instance_id = var.encrypted
  freeze             = { document_name = "freeze-shop" }
}
