output "url" {
  value       = "http://${webtier_multi_server.this.dns_name}"
  description = "Where clients reach the tier."
}

output "vpc_id" {
  value       = webtier_network.this.vpc_id
  description = "Id of the VPC."
}

output "availability_zones" {
  value       = webtier_network.this.availability_zones
  description = "Zones of the tier."
}

output "autoscaling_group_name" {
  value       = webtier_multi_server.this.autoscaling_group_name
  description = "Name of the servers' Auto Scaling group."
}

output "target_group_arn" {
  value       = webtier_multi_server.this.target_group_arn
  description = "ARN of the target group, for the servers' health."
}

output "findings" {
  value       = webtier_multi_server.this.findings
  description = "Single points of failure and unsafe choices that remain."
}
