# want: in lower-case letters
variable "private_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name               = "shop"
  engine             = "postgres"
  engine_version     = "16"
  instance_class     = "db.m7g.large"
  subnet_ids         = var.private_subnet_ids
  allocated_storage  = 20
  maintenance_window = "Sun:04:00-Sun:04:30"
}
