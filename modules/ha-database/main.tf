resource "webtier_ha_database" "this" {
  name                       = var.name
  engine                     = var.engine
  engine_version             = var.engine_version
  instance_class             = var.instance_class
  subnet_ids                 = var.subnet_ids
  availability_mode          = var.availability_mode
  allocated_storage          = var.allocated_storage
  database_name              = var.database_name
  parameters                 = var.parameters
  backup_retention_days      = var.backup_retention_days
  apply_changes              = var.apply_changes
  allow_reboot               = var.allow_reboot
  allowed_security_group_ids = length(var.allowed_security_group_ids) == 0 ? null : var.allowed_security_group_ids
  alarm_actions              = length(var.alarm_actions) == 0 ? null : var.alarm_actions

  # A create that fails keeps what it made and is finished by the next apply; the
  # condition below makes it fail all the same.
  on_create_failure   = "keep"
  deletion_protection = var.deletion_protection
  tags                = var.tags

  lifecycle {
    postcondition {
      condition     = self.health_status == "healthy"
      error_message = "The database is not healthy: ${coalesce(self.last_failure, "the last apply did not finish")}"
    }
  }
}
