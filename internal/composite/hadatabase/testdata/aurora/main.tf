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

variable "deletion_protection" {
  default = false
}

resource "webtier_ha_database" "this" {
  name                = "shop"
  engine              = var.engine
  engine_version      = var.engine_version
  availability_mode   = "aurora"
  instance_class      = var.instance_class
  reader_count        = var.reader_count
  subnet_ids          = var.private_subnet_ids
  apply_changes       = "immediately"
  deletion_protection = var.deletion_protection
}
