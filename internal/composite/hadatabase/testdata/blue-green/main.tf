variable "private_subnet_ids" {}

variable "public_subnet_ids" {}

variable "engine_version" {
  default = "16"
}

variable "upgrade_strategy" {
  default = "blue_green"
}

resource "webtier_ha_database" "this" {
  name                       = "shop"
  engine                     = "postgres"
  engine_version             = var.engine_version
  instance_class             = "db.m7g.large"
  subnet_ids                 = var.private_subnet_ids
  allocated_storage          = 20
  master_password_wo         = "correct-horse-battery"
  master_password_wo_version = 1
  upgrade_strategy           = var.upgrade_strategy
  apply_changes              = "immediately"
  deletion_protection        = false
}
