terraform {
  required_providers {
    webtier = { source = "webtier/webtier" }
  }
}

variable "private_subnet_ids" {
  type = set(string)
}

variable "password" {
  ephemeral = true
}

variable "password_version" {
  type = number
}

resource "webtier_ha_database" "this" {
  name                       = "shop"
  engine                     = "postgres"
  engine_version             = "16"
  availability_mode          = "aurora"
  instance_class             = "db.r6g.large"
  subnet_ids                 = var.private_subnet_ids
  master_password_wo         = var.password
  master_password_wo_version = var.password_version
  apply_changes              = "immediately"
  alarm_actions              = ["arn:aws:sns:eu-west-1:123456789012:pager"]
  deletion_protection        = false
}
