# want: must be a class such as db.r7g.large
variable "private_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name              = "shop"
  engine            = "postgres"
  engine_version    = "16"
  instance_class    = "m7g.large"
  subnet_ids        = var.private_subnet_ids
  allocated_storage = 20
}
