# want: No blue/green deployments of clusters
variable "private_subnet_ids" {}

variable "public_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name                       = "shop"
  engine                     = "postgres"
  engine_version             = "16"
  instance_class             = "db.m6g.large"
  subnet_ids                 = var.private_subnet_ids
  allocated_storage          = 100
  availability_mode          = "multi_az_cluster"
  upgrade_strategy           = "blue_green"
  master_password_wo         = "correct-horse-battery"
  master_password_wo_version = 1
}
