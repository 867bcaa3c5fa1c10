# want: Parameter that cannot be set: work_mem
# want: "16MB" is no whole number
variable "private_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name              = "shop"
  engine            = "postgres"
  engine_version    = "16"
  instance_class    = "db.m7g.large"
  subnet_ids        = var.private_subnet_ids
  allocated_storage = 20
  parameters        = { work_mem = "16MB" }
}
