output "url" {
  value       = "${var.certificate_arn == null ? "http" : "https"}://${webtier_multi_server.this.dns_name}"
  description = "Where clients reach the tier. With a certificate, give its name an alias record to `dns_name`."
}

output "dns_name" {
  value       = webtier_multi_server.this.dns_name
  description = "DNS name of the load balancer."
}

output "zone_id" {
  value       = webtier_multi_server.this.zone_id
  description = "Hosted zone of the DNS name, for alias records."
}

output "security_group_id" {
  value       = webtier_multi_server.this.security_group_id
  description = "Security group of the clones."
}

output "autoscaling_group_name" {
  value       = webtier_multi_server.this.autoscaling_group_name
  description = "Name of the clones' Auto Scaling group."
}

output "image_id" {
  value       = webtier_clone_server_image.this.image_id
  description = "The image of which the clones are made."
}

output "master_script" {
  value       = local.master_script
  description = "Shell script that lets the clones fetch `content_paths`: to be run once as root on the master, unless `deliver_master_script` is set."
}

output "findings" {
  value       = concat(webtier_clone_server_image.this.findings, webtier_multi_server.this.findings)
  description = "Single points of failure and unsafe choices that remain, the master among them."
}
