# want: Server without an EBS root volume
variable "instance_store" {}

resource "webtier_clone_server_image" "this" {
  name               = "shop"
  source_instance_id = var.instance_store
}
