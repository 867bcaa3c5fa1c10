# want: Not offered: db.m1.small
variable "private_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name              = "shop"
  engine            = "postgres"
  engine_version    = "16"
  instance_class    = "db.m1.small"
  subnet_ids        = var.private_subnet_ids
  allocated_storage = 20
}
