variable "private_subnet_ids" {}

variable "public_subnet_ids" {}

variable "engine" {
  default = "postgres"
}

variable "engine_version" {
  default = "16"
}

variable "instance_class" {
  default = "db.r6g.large"
}

variable "reader_count" {
  default = 2
}

variable "backup_retention_days" {
  default = 14
}

variable "master_password_wo" {
  default = null
}

variable "master_password_wo_version" {
  default = null
}

variable "restore_from" {
  default = null
}

variable "alarm_actions" {
  default = []
}

variable "on_create_failure" {
  default = "fail"
}

variable "deletion_protection" {
  default = false
}

resource "webtier_ha_database" "this" {
  name                       = "shop"
  engine                     = var.engine
  engine_version             = var.engine_version
  availability_mode          = "aurora"
  instance_class             = var.instance_class
  reader_count               = var.reader_count
  subnet_ids                 = var.private_subnet_ids
  backup_retention_days      = var.backup_retention_days
  master_password_wo         = var.master_password_wo
  master_password_wo_version = var.master_password_wo_version
  restore_from               = var.restore_from
  alarm_actions              = var.alarm_actions
  apply_changes              = "immediately"
  on_create_failure          = var.on_create_failure
  deletion_protection        = var.deletion_protection
}
