# want: must be 2 to 20 lower-case letters
variable "private_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name              = "a-name-of-twenty-two-x"
  engine            = "postgres"
  engine_version    = "16"
  instance_class    = "db.m7g.large"
  subnet_ids        = var.private_subnet_ids
  allocated_storage = 20
}
