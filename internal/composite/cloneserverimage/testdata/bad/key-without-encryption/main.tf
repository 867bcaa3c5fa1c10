# want: A key for a copy that is not encrypted
variable "server" {}

resource "webtier_clone_server_image" "this" {
  name               = "shop"
  source_instance_id = var.server
  copies             = { us-east-1 = { kms_key_id = "alias/web", encrypted = false } }
}
