module "network" {
  source  = "webtier/network/webtier"
  version = "~> 0.1"

  name                = "shop"
  deletion_protection = false
}

module "shop" {
  source  = "webtier/multi-server/webtier"
  version = "~> 0.1"

  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.small"]
  public_subnet_ids   = module.network.subnet_ids["public"]
  private_subnet_ids  = module.network.subnet_ids["private"]
  deletion_protection = false
}

output "url" {
  value = module.shop.url
}
