# want: Server is terminated
variable "terminated" {}

resource "webtier_clone_server_image" "this" {
  name               = "shop"
  source_instance_id = var.terminated
}
