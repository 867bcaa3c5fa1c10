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
  deletion_protection        = var.deletion_protection
  tags                       = var.tags
}
