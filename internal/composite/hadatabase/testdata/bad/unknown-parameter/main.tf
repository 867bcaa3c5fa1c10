# want: Parameter that cannot be set: work_memory
# want: postgres16 has no such parameter
variable "private_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name              = "shop"
  engine            = "postgres"
  engine_version    = "16"
  instance_class    = "db.m7g.large"
  subnet_ids        = var.private_subnet_ids
  allocated_storage = 20
  parameters        = { work_memory = "1" }
}
