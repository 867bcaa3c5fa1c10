# want: Subnet does not exist: subnet-0123456789abcdef0
variable "private_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name              = "shop"
  engine            = "postgres"
  engine_version    = "16"
  instance_class    = "db.m7g.large"
  subnet_ids        = ["subnet-0123456789abcdef0", var.private_subnet_ids[0]]
  allocated_storage = 20
}
