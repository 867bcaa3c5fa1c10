output "endpoint" {
  value       = webtier_ha_database.this.endpoint
  description = "Host name of the database; after a fail-over it leads to the new primary."
}

output "reader_endpoint" {
  value       = webtier_ha_database.this.reader_endpoint
  description = "Host name of the readable standbys or readers, where there are any."
}

output "port" {
  value       = webtier_ha_database.this.port
  description = "Port of the database."
}

output "secret_arn" {
  value       = webtier_ha_database.this.secret_arn
  description = "Secret with the master user's password, which RDS makes and rotates."
}

output "client_security_group_id" {
  value       = webtier_ha_database.this.client_security_group_id
  description = "Security group that opens the way to the database for whoever has it."
}

output "findings" {
  value       = webtier_ha_database.this.findings
  description = "Single points of failure and unsafe choices that remain."
}
