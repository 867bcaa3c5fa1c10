terraform {
  required_providers {
    webtier = { source = "webtier/webtier" }
  }
}

variable "image_id" {}

resource "webtier_network" "this" {
  name                = "shop"
  cidr_block          = "10.20.0.0/16"
  deletion_protection = false
}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = var.image_id
  instance_types      = ["t3.small"]
  instance_subnet_ids = webtier_network.this.subnet_ids["private"]
  load_balancer       = { subnet_ids = webtier_network.this.subnet_ids["public"] }
  port                = 80
  on_create_failure   = "keep"

  lifecycle {
    postcondition {
      condition     = self.health_status == "healthy"
      error_message = "The tier is ${self.health_status}: ${coalesce(self.last_failure, "no reason")}"
    }
  }
}

# Whatever uses the tier is not made before it works.
resource "terraform_data" "announcement" {
  input = webtier_multi_server.this.dns_name
}

output "load_balancer_arn" {
  value = webtier_multi_server.this.load_balancer_arn
}
