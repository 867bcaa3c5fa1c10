output "queue_url" {
  value       = webtier_queue_worker.this.queue_url
  description = "URL of the queue, to which producers send."
}

output "queue_arn" {
  value       = webtier_queue_worker.this.queue_arn
  description = "ARN of the queue."
}

output "dead_letter_queue_url" {
  value       = webtier_queue_worker.this.dead_letter_queue_url
  description = "URL of the queue where messages go that failed again and again."
}

output "autoscaling_group_name" {
  value       = webtier_queue_worker.this.autoscaling_group_name
  description = "Name of the workers' Auto Scaling group."
}

output "security_group_id" {
  value       = webtier_queue_worker.this.security_group_id
  description = "Security group of the workers."
}

output "findings" {
  value       = webtier_queue_worker.this.findings
  description = "Single points of failure and unsafe choices that remain."
}
