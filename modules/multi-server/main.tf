resource "webtier_multi_server" "this" {
  name                = var.name
  image_id            = var.image_id
  instance_types      = var.instance_types
  instance_subnet_ids = var.private_subnet_ids
  port                = var.port
  security_group_ids  = length(var.security_group_ids) == 0 ? null : var.security_group_ids
  iam_policy_arns     = var.iam_policy_arns

  user_data            = var.user_data
  user_data_wo         = var.user_data_wo
  user_data_wo_version = var.user_data_wo_version

  load_balancer = {
    subnet_ids      = var.public_subnet_ids
    certificate_arn = var.certificate_arn

    create_access_logs_bucket  = try(var.access_logs.bucket == null, false) ? true : null
    access_logs_bucket         = try(var.access_logs.bucket, null)
    access_logs_prefix         = try(var.access_logs.prefix, null)
    access_logs_retention_days = try(var.access_logs.retention_days, null)
  }

  health_check = {
    path         = var.health_check_path
    grace_period = var.health_check_grace_period
  }

  spot                      = var.spot
  min_size                  = var.min_size
  max_size                  = var.max_size
  scaling                   = var.scaling
  min_healthy_after_az_loss = var.min_healthy_after_az_loss

  alarm_actions = length(var.alarm_actions) == 0 ? null : var.alarm_actions

  # A create that fails keeps what it made and is finished by the next apply; the
  # condition below makes it fail all the same.
  on_create_failure   = "keep"
  deletion_protection = var.deletion_protection
  tags                = var.tags

  lifecycle {
    postcondition {
      condition     = self.health_status == "healthy"
      error_message = "The tier is not healthy: ${coalesce(self.last_failure, "its servers do not answer")}"
    }
  }
}
