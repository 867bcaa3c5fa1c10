output "url" {
  value       = "${var.certificate_arn == null ? "http" : "https"}://${webtier_multi_server.this.dns_name}"
  description = "Where clients reach the application. With a certificate, give its name an alias record to `dns_name`."
}

output "dns_name" {
  value       = webtier_multi_server.this.dns_name
  description = "DNS name of the load balancer."
}

output "zone_id" {
  value       = webtier_multi_server.this.zone_id
  description = "Hosted zone of the DNS name, for alias records."
}

output "database_endpoint" {
  value       = webtier_ha_database.this.endpoint
  description = "Host name of the database."
}

output "database_secret_arn" {
  value       = webtier_ha_database.this.secret_arn
  description = "Secret with the master user's password, which RDS makes and rotates."
}

output "subnet_ids" {
  value       = webtier_network.this.subnet_ids
  description = "Ids of the subnets by tier: `public`, `private` and `data`."
}

output "autoscaling_group_name" {
  value       = webtier_multi_server.this.autoscaling_group_name
  description = "Name of the servers' Auto Scaling group."
}

output "findings" {
  value       = concat(webtier_network.this.findings, webtier_ha_database.this.findings, webtier_multi_server.this.findings)
  description = "Single points of failure and unsafe choices that remain."
}
