# want: Aurora has neither type nor IOPS to choose
variable "private_subnet_ids" {}

variable "public_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name              = "shop"
  engine            = "postgres"
  engine_version    = "16"
  instance_class    = "db.r6g.large"
  subnet_ids        = var.private_subnet_ids
  availability_mode = "aurora"
  storage           = { type = "io2" }
}
