output "url" {
  value       = "http://${webtier_multi_server.this.dns_name}"
  description = "Where clients reach the application."
}

output "queue_url" {
  value       = webtier_queue_worker.this.queue_url
  description = "Where the web servers send work."
}

output "queue_arn" {
  value       = webtier_queue_worker.this.queue_arn
  description = "ARN of the queue, for the policy of the web servers."
}

output "dead_letter_queue_url" {
  value       = webtier_queue_worker.this.dead_letter_queue_url
  description = "Where messages are that no worker could process."
}

output "dead_letter_queue_arn" {
  value       = webtier_queue_worker.this.dead_letter_queue_arn
  description = "ARN of that queue, to move its messages back."
}
