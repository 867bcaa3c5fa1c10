resource "webtier_network" "shop" {
  name       = "shop"
  cidr_block = "10.20.0.0/16"
}

# PostgreSQL 16 with a standby in another zone. RDS makes the password, keeps it in
# Secrets Manager (secret_arn) and rotates it.
resource "webtier_ha_database" "shop" {
  name              = "shop"
  engine            = "postgres"
  engine_version    = "16"
  instance_class    = "db.r7g.large"
  subnet_ids        = webtier_network.shop.subnet_ids["data"]
  allocated_storage = 100
  database_name     = "shop"

  parameters = {
    work_mem       = "16384" # takes effect at once
    shared_buffers = "65536" # waits for a reboot
  }
}

# Servers with the client security group reach the database, and nobody else does.
resource "webtier_multi_server" "shop" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.small"]
  instance_subnet_ids = webtier_network.shop.subnet_ids["private"]
  load_balancer       = { subnet_ids = webtier_network.shop.subnet_ids["public"] }
  port                = 80
  security_group_ids  = [webtier_ha_database.shop.client_security_group_id]
}

# Aurora over three zones: a writer and two readers that take over, behind
# reader_endpoint until they do.
resource "webtier_ha_database" "reports" {
  name              = "reports"
  engine            = "mysql"
  engine_version    = "8.0"
  availability_mode = "aurora"
  reader_count      = 2
  instance_class    = "db.r6g.large"
  subnet_ids        = webtier_network.shop.subnet_ids["data"]
}
