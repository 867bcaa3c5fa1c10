resource "webtier_network" "shop" {
  name       = "shop"
  cidr_block = "10.20.0.0/16"
}

resource "webtier_multi_server" "shop" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.small"]
  instance_subnet_ids = webtier_network.shop.subnet_ids["private"]
  port                = 8080

  min_size = 3
  max_size = 9
  scaling  = { cpu_utilization = 60 }

  load_balancer = {
    subnet_ids      = webtier_network.shop.subnet_ids["public"]
    certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/0b4f8e5c-7f0e-4b1e-9a55-2f8f1c1f0a11"
  }

  alarm_actions = ["arn:aws:sns:eu-west-1:123456789012:operations"]

  health_check = {
    path         = "/healthz"
    grace_period = 120
  }
}
