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
  name                = "shop"
  engine              = var.engine
  engine_version      = var.engine_version
  availability_mode   = "aurora"
  instance_class      = var.instance_class
  reader_count        = var.reader_count
  subnet_ids          = var.private_subnet_ids
  alarm_actions       = var.alarm_actions
  apply_changes       = "immediately"
  on_create_failure   = var.on_create_failure
  deletion_protection = var.deletion_protection
}
