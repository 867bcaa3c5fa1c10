resource "webtier_network" "shop" {
  name                = "shop"
  cidr_block          = "10.20.0.0/16"
  deletion_protection = false
}

module "database" {
  source = "../.."

  name                = "shop"
  engine              = "postgres"
  engine_version      = "16"
  instance_class      = "db.t4g.medium"
  allocated_storage   = 50
  subnet_ids          = webtier_network.shop.subnet_ids["data"]
  deletion_protection = false
}

output "endpoint" {
  value = module.database.endpoint
}
