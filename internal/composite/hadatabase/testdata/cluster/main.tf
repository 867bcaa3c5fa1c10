variable "private_subnet_ids" {}

variable "public_subnet_ids" {}

variable "availability_mode" {
  default = "multi_az_cluster"
}

variable "allow_replacement_from" {
  default = null
}

variable "engine_version" {
  default = "16"
}

variable "instance_class" {
  default = "db.m6g.large"
}

variable "allocated_storage" {
  default = 100
}

variable "parameters" {
  default = { work_mem = "8192", shared_buffers = "65536" }
}

variable "iam_authentication" {
  default = true
}

variable "backup_retention_days" {
  default = 14
}

variable "log_exports" {
  default = ["postgresql"]
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
  engine                     = "postgres"
  engine_version             = var.engine_version
  availability_mode          = var.availability_mode
  allow_replacement_from     = var.allow_replacement_from
  instance_class             = var.instance_class
  subnet_ids                 = var.private_subnet_ids
  allocated_storage          = var.allocated_storage
  parameters                 = var.parameters
  iam_authentication         = var.iam_authentication
  backup_retention_days      = var.backup_retention_days
  log_exports                = var.log_exports
  master_password_wo         = var.master_password_wo
  master_password_wo_version = var.master_password_wo_version
  restore_from               = var.restore_from
  alarm_actions              = var.alarm_actions
  apply_changes              = "immediately"
  on_create_failure          = var.on_create_failure
  deletion_protection        = var.deletion_protection
}
