# want: Say how many GiB
variable "private_subnet_ids" {}

variable "public_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name              = "shop"
  engine            = "postgres"
  engine_version    = "16"
  instance_class    = "db.m6g.large"
  subnet_ids        = var.private_subnet_ids
  availability_mode = "multi_az_cluster"
}
