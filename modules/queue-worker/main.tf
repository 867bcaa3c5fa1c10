resource "webtier_queue_worker" "this" {
  name                     = var.name
  image_id                 = var.image_id
  instance_types           = var.instance_types
  instance_subnet_ids      = var.private_subnet_ids
  average_processing_time  = var.average_processing_time
  target_latency           = var.target_latency
  concurrency_per_instance = var.concurrency_per_instance
  min_size                 = var.min_size
  max_size                 = var.max_size
  max_receive_count        = var.max_receive_count
  fifo                     = var.fifo
  producer_principals      = length(var.producer_principals) == 0 ? null : var.producer_principals
  user_data                = var.user_data
  iam_policy_arns          = var.iam_policy_arns
  security_group_ids       = length(var.security_group_ids) == 0 ? null : var.security_group_ids
  alarm_actions            = length(var.alarm_actions) == 0 ? null : var.alarm_actions

  # A create that fails keeps what it made and is finished by the next apply; the
  # condition below makes it fail all the same.
  on_create_failure   = "keep"
  deletion_protection = var.deletion_protection
  tags                = var.tags

  lifecycle {
    postcondition {
      condition     = self.health_status == "healthy"
      error_message = "The workers are not healthy: ${coalesce(self.last_failure, "they do not start")}"
    }
  }
}
