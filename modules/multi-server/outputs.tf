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
  description = "Security group of the servers."
}

output "autoscaling_group_name" {
  value       = webtier_multi_server.this.autoscaling_group_name
  description = "Name of the servers' Auto Scaling group."
}

output "access_logs_bucket" {
  value       = try(coalesce(try(var.access_logs.bucket, null), webtier_multi_server.this.access_logs_bucket_name), null)
  description = "Bucket with the load balancer's access logs; null without `access_logs`."
}

output "findings" {
  value       = webtier_multi_server.this.findings
  description = "Single points of failure and unsafe choices that remain."
}
