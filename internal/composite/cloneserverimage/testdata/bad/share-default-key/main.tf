# want: The image could not be shared
# want: key that AWS manages
variable "encrypted" {}

resource "webtier_clone_server_image" "this" {
  name                   = "shop"
  source_instance_id     = var.encrypted
  share_with_account_ids = ["210987654321"]
}
