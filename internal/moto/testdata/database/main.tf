# moto has no DescribeDBEngineVersions.
provider "webtier" {
  preflight = "off"
}

variable "image_id" {}

variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

variable "backup_retention_days" {
  default = 14
}

resource "webtier_ha_database" "this" {
  name                  = "shop"
  engine                = "postgres"
  engine_version        = "16"
  instance_class        = "db.m5.large"
  subnet_ids            = var.private_subnet_ids
  allocated_storage     = 20
  backup_retention_days = var.backup_retention_days
  deletion_protection   = false
}
