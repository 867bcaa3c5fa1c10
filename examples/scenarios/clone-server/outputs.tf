output "url" {
  value       = "http://${webtier_multi_server.this.dns_name}"
  description = "Where clients reach the application."
}

output "image_id" {
  value       = webtier_clone_server_image.this.image_id
  description = "The image of which the clones are made."
}

output "master_script" {
  value = provider::webtier::clone_master_script(var.content_paths, {
    host_aliases = ["db.internal"]
  })
  description = "To be run once as root on the server: it lets the clones fetch the content."
}

output "findings" {
  value       = concat(webtier_clone_server_image.this.findings, webtier_multi_server.this.findings)
  description = "Single points of failure and unsafe choices that remain."
}
