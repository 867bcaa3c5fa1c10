output "url" {
  value       = "http://${webtier_multi_server.this.dns_name}"
  description = "Where clients reach the application."
}

output "vpc_id" {
  value       = webtier_network.this.vpc_id
  description = "Id of the VPC."
}

output "availability_zones" {
  value       = webtier_network.this.availability_zones
  description = "Zones of the application."
}

output "autoscaling_group_name" {
  value       = webtier_multi_server.this.autoscaling_group_name
  description = "Name of the servers' Auto Scaling group."
}

output "target_group_arn" {
  value       = webtier_multi_server.this.target_group_arn
  description = "ARN of the target group, for the servers' health."
}

output "database_identifier" {
  value       = webtier_ha_database.this.identifier
  description = "Identifier of the database in RDS."
}

output "database_endpoint" {
  value       = webtier_ha_database.this.endpoint
  description = "Host name of the database; it stays when the database fails over."
}

output "secret_arn" {
  value       = webtier_ha_database.this.secret_arn
  description = "Secret with the database's user name and password."
}

output "final_snapshot_identifier" {
  value       = webtier_ha_database.this.final_snapshot_identifier
  description = "Snapshot that the database leaves when it is destroyed."
}

output "findings" {
  value       = concat(webtier_multi_server.this.findings, webtier_ha_database.this.findings)
  description = "Single points of failure and unsafe choices that remain."
}
