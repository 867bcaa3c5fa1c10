provider "webtier" {
  region = var.region

  default_tags = {
    scenario = "multi-server"
  }
}

resource "webtier_network" "this" {
  name                    = var.name
  cidr_block              = var.cidr_block
  availability_zone_count = 3
  instance_types          = [var.instance_type]
  deletion_protection     = var.deletion_protection
}

resource "webtier_multi_server" "this" {
  name                = var.name
  image_id            = var.image_id
  instance_types      = [var.instance_type]
  instance_subnet_ids = webtier_network.this.subnet_ids["private"]
  port                = 80
  deletion_protection = var.deletion_protection

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
