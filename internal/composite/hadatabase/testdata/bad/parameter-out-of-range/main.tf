# want: Parameter that cannot be set: work_mem
# want: "1" is not within 64-2147483647
variable "private_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name              = "shop"
  engine            = "postgres"
  engine_version    = "16"
  instance_class    = "db.m7g.large"
  subnet_ids        = var.private_subnet_ids
  allocated_storage = 20
  parameters        = { work_mem = "1" }
}
