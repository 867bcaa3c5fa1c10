# want: read_replicas
# want: Not offered: db.x9.large
# want: has no db.x9.large with postgres 16
variable "private_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name              = "shop"
  engine            = "postgres"
  engine_version    = "16"
  instance_class    = "db.m7g.large"
  subnet_ids        = var.private_subnet_ids
  allocated_storage = 20

  master_password_wo         = "first-password-1"
  master_password_wo_version = 1
  read_replicas              = { reports = { instance_class = "db.x9.large" } }
}
