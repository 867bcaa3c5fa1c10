resource "webtier_network" "this" {
  name                = "shop"
  cidr_block          = "10.0.0.0/16"
  deletion_protection = false
}

resource "webtier_ha_database" "this" {
  name                = "shop"
  engine              = "postgres"
  engine_version      = "16"
  instance_class      = "db.r6g.large"
  availability_mode   = webtier_network.this.vpc_id == "" ? "single_az" : "aurora"
  reader_count        = 1
  parameters          = { work_mem = "8192" }
  subnet_ids          = webtier_network.this.subnet_ids["data"]
  deletion_protection = false
}
