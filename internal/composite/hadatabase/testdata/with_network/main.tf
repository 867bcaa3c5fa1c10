variable "availability_mode" {
  default = "multi_az_instance"
}

resource "webtier_network" "this" {
  name                = "shop"
  cidr_block          = "10.0.0.0/16"
  deletion_protection = false
}

resource "webtier_ha_database" "this" {
  name                = "shop"
  engine              = "postgres"
  engine_version      = "16"
  instance_class      = "db.m6g.large"
  availability_mode   = var.availability_mode
  subnet_ids          = webtier_network.this.subnet_ids["data"]
  allocated_storage   = 100
  deletion_protection = false
}
