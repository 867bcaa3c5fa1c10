variable "private_subnet_ids" {}

variable "public_subnet_ids" {}

variable "name" {
  default = "shop-full"
}

variable "subnet_ids" {
  default = null
}

variable "engine" {
  default = "postgres"
}

variable "engine_version" {
  default = "16.8"
}

variable "instance_class" {
  default = "db.m7g.large"
}

variable "availability_mode" {
  default = "multi_az_instance"
}

variable "reader_count" {
  default = null
}

variable "upgrade_strategy" {
  default = "in_place"
}

variable "allocated_storage" {
  default = 20
}

variable "max_allocated_storage" {
  default = 100
}

variable "storage" {
  default = { type = "gp3" }
}

variable "kms_key_id" {
  default = null
}

variable "database_name" {
  default = "shop"
}

variable "username" {
  default = "owner"
}

variable "master_password_wo" {
  default = "first-password-1"
}

variable "master_password_wo_version" {
  default = 1
}

variable "port" {
  default = 5432
}

variable "allowed_security_group_ids" {
  default = []
}

variable "parameters" {
  default = { work_mem = "8192", shared_buffers = "65536" }
}

variable "allow_reboot" {
  default = false
}

variable "backup_retention_days" {
  default = 10
}

variable "backup_window" {
  default = "01:00-01:30"
}

variable "maintenance_window" {
  default = "mon:02:00-mon:02:30"
}

variable "apply_changes" {
  default = "immediately"
}

variable "restore_from" {
  default = null
}

variable "allow_replacement_from" {
  default = null
}

variable "performance_insights" {
  default = true
}

variable "log_exports" {
  default = ["postgresql"]
}

variable "iam_authentication" {
  default = true
}

variable "read_replicas" {
  default = { reports = {} }
}

variable "alarm_actions" {
  default = []
}

variable "on_create_failure" {
  default = "fail"
}

variable "tags" {
  default = { team = "shop" }
}

variable "deletion_protection" {
  default = false
}

resource "webtier_ha_database" "this" {
  name                       = var.name
  subnet_ids                 = var.subnet_ids == null ? var.private_subnet_ids : var.subnet_ids
  engine                     = var.engine
  engine_version             = var.engine_version
  instance_class             = var.instance_class
  availability_mode          = var.availability_mode
  reader_count               = var.reader_count
  upgrade_strategy           = var.upgrade_strategy
  allocated_storage          = var.allocated_storage
  max_allocated_storage      = var.max_allocated_storage
  storage                    = var.storage
  kms_key_id                 = var.kms_key_id
  database_name              = var.database_name
  username                   = var.username
  master_password_wo         = var.master_password_wo
  master_password_wo_version = var.master_password_wo_version
  port                       = var.port
  allowed_security_group_ids = var.allowed_security_group_ids
  parameters                 = var.parameters
  allow_reboot               = var.allow_reboot
  backup_retention_days      = var.backup_retention_days
  backup_window              = var.backup_window
  maintenance_window         = var.maintenance_window
  apply_changes              = var.apply_changes
  restore_from               = var.restore_from
  allow_replacement_from     = var.allow_replacement_from
  performance_insights       = var.performance_insights
  log_exports                = var.log_exports
  iam_authentication         = var.iam_authentication
  read_replicas              = var.read_replicas
  alarm_actions              = var.alarm_actions
  on_create_failure          = var.on_create_failure
  tags                       = var.tags
  deletion_protection        = var.deletion_protection
}
