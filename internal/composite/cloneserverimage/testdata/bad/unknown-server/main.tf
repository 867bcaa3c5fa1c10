# want: Server does not exist: i-0123456789abcdef0
resource "webtier_clone_server_image" "this" {
  name               = "shop"
  source_instance_id = "i-0123456789abcdef0"
}
