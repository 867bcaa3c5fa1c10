provider "webtier" {
  region = var.region

  default_tags = {
    scenario = "ha-web-app"
  }
}

resource "webtier_network" "this" {
  name                    = var.name
  cidr_block              = var.cidr_block
  availability_zone_count = 3
  instance_types          = [var.instance_type]
  deletion_protection     = var.deletion_protection
}

# PostgreSQL with a standby in another zone. RDS makes the password, keeps it in
# Secrets Manager and rotates it.
resource "webtier_ha_database" "this" {
  name                = var.name
  engine              = "postgres"
  engine_version      = "16"
  instance_class      = var.database_class
  subnet_ids          = webtier_network.this.subnet_ids["data"]
  allocated_storage   = 20
  database_name       = "shop"
  deletion_protection = var.deletion_protection
}

resource "webtier_multi_server" "this" {
  name                = var.name
  image_id            = var.image_id
  instance_types      = [var.instance_type]
  instance_subnet_ids = webtier_network.this.subnet_ids["private"]
  port                = 80
  deletion_protection = var.deletion_protection

  # With this group the servers reach the database; nothing else does.
  security_group_ids = [webtier_ha_database.this.client_security_group_id]

  # Where the database is. Its password the servers read from the secret.
  user_data = <<-EOT
    #!/bin/sh
    cat >/etc/shop.conf <<CONF
    DATABASE_HOST=${webtier_ha_database.this.endpoint}
    DATABASE_SECRET=${webtier_ha_database.this.secret_arn}
    CONF
  EOT

  # One server a zone, and room to double: the loss of a zone leaves two of three.
  min_size = 3
  max_size = 6

  load_balancer = {
    subnet_ids = webtier_network.this.subnet_ids["public"]
  }

  health_check = {
    path         = "/"
    grace_period = 120
  }

  # A new image reaches one server after another; none goes before its successor serves.
  rollout = {
    min_healthy_percentage = 100
    max_healthy_percentage = 134
  }
}
