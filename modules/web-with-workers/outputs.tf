output "url" {
  value       = "${var.web.certificate_arn == null ? "http" : "https"}://${webtier_multi_server.this.dns_name}"
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

output "queue_url" {
  value       = webtier_queue_worker.this.queue_url
  description = "URL of the queue, to which the web servers send."
}

output "queue_arn" {
  value       = webtier_queue_worker.this.queue_arn
  description = "ARN of the queue, for the policy with which the web servers send."
}

output "dead_letter_queue_url" {
  value       = webtier_queue_worker.this.dead_letter_queue_url
  description = "URL of the queue where messages go that failed again and again."
}

output "database_endpoint" {
  value       = one(webtier_ha_database.this[*].endpoint)
  description = "Host name of the database, or null."
}

output "database_secret_arn" {
  value       = one(webtier_ha_database.this[*].secret_arn)
  description = "Secret with the master user's password, or null."
}

output "subnet_ids" {
  value       = webtier_network.this.subnet_ids
  description = "Ids of the subnets by tier: `public`, `private` and `data`."
}

output "autoscaling_group_names" {
  value       = { web = webtier_multi_server.this.autoscaling_group_name, workers = webtier_queue_worker.this.autoscaling_group_name }
  description = "Names of the Auto Scaling groups: `web` and `workers`."
}

output "findings" {
  value       = local.findings
  description = "Single points of failure and unsafe choices that remain."
}
