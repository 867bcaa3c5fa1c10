# want: Aurora's storage has no size to choose
variable "private_subnet_ids" {}

variable "public_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name              = "shop"
  engine            = "postgres"
  engine_version    = "16"
  instance_class    = "db.r6g.large"
  subnet_ids        = var.private_subnet_ids
  allocated_storage = 100
  availability_mode = "aurora"
}
