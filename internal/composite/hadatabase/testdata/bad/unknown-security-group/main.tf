# want: Security group does not exist: sg-0123456789abcdef0
# want: eu-west-1 has no security group sg-0123456789abcdef0 in this account
variable "private_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name              = "shop"
  engine            = "postgres"
  engine_version    = "16"
  instance_class    = "db.m7g.large"
  subnet_ids        = var.private_subnet_ids
  allocated_storage = 20

  allowed_security_group_ids = ["sg-0123456789abcdef0"]
}
