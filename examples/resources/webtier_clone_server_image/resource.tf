variable "server" {
  type        = string
  description = "Id of the one server that runs today."
}

variable "release" {
  type        = string
  description = "What was deployed to the server last; another value makes a new image."
  default     = "2026.11"
}

resource "webtier_network" "shop" {
  name       = "shop"
  cidr_block = "10.20.0.0/16"
}

resource "webtier_clone_server_image" "shop" {
  name               = "shop"
  source_instance_id = var.server

  triggers     = { release = var.release }
  max_age_days = 30
  keep_last    = 3

  freeze = {
    before = ["mysql -e 'FLUSH TABLES' && sync && fsfreeze -f /srv"]
    after  = ["fsfreeze -u /srv || true"]
  }

  copies                    = { eu-central-1 = { kms_key_id = "alias/images" } }
  deregistration_protection = true
}

# A new image reaches these servers in the same apply, one after another.
resource "webtier_multi_server" "shop" {
  name                = "shop"
  image_id            = webtier_clone_server_image.shop.image_id
  instance_types      = ["t3.small"]
  instance_subnet_ids = webtier_network.shop.subnet_ids["private"]
  load_balancer       = { subnet_ids = webtier_network.shop.subnet_ids["public"] }
  port                = 80
}
