# want: This copy could not be shared
variable "server" {}

resource "webtier_clone_server_image" "this" {
  name                   = "shop"
  source_instance_id     = var.server
  copies                 = { us-east-1 = {} }
  share_with_account_ids = ["210987654321"]
}
