# want: No such device: /dev/sdz
variable "server" {}

resource "webtier_clone_server_image" "this" {
  name               = "shop"
  source_instance_id = var.server
  exclude_devices    = ["/dev/sdz"]
}
