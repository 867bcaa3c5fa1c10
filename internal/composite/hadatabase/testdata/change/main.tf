variable "private_subnet_ids" {}

variable "name" {
  default = "shop"
}

variable "engine_version" {
  default = "16"
}

variable "instance_class" {
  default = "db.m7g.large"
}

variable "availability_mode" {
  default = "multi_az_instance"
}

variable "username" {
  default = "dbadmin"
}

variable "parameters" {
  default = {}
}

variable "allow_reboot" {
  default = false
}

variable "apply_changes" {
  default = "maintenance_window"
}

variable "backup_retention_days" {
  default = 14
}

variable "restore_from" {
  default = null
}

variable "allow_replacement_from" {
  default = null
}

variable "on_create_failure" {
  default = "fail"
}

variable "deletion_protection" {
  default = false
}

resource "webtier_ha_database" "this" {
  engine                 = "postgres"
  subnet_ids             = var.private_subnet_ids
  allocated_storage      = 20
  name                   = var.name
  engine_version         = var.engine_version
  instance_class         = var.instance_class
  availability_mode      = var.availability_mode
  username               = var.username
  parameters             = var.parameters
  allow_reboot           = var.allow_reboot
  apply_changes          = var.apply_changes
  backup_retention_days  = var.backup_retention_days
  restore_from           = var.restore_from
  allow_replacement_from = var.allow_replacement_from
  on_create_failure      = var.on_create_failure
  deletion_protection    = var.deletion_protection
}
