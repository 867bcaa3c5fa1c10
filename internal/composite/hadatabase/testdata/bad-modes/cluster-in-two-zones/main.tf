# want: needs subnets in 3 zones
variable "private_subnet_ids" {}

variable "public_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name              = "shop"
  engine            = "postgres"
  engine_version    = "16"
  instance_class    = "db.m6g.large"
  subnet_ids        = [var.private_subnet_ids[0], var.private_subnet_ids[1]]
  allocated_storage = 100
  availability_mode = "multi_az_cluster"
}
