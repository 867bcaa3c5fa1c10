# want: must be 2 to 20 lower-case letters
variable "server" {}

resource "webtier_clone_server_image" "this" {
  name               = "a-name-that-is-too-long-for-anything"
  source_instance_id = var.server
}
