resource "webtier_network" "shop" {
  name                = "shop"
  cidr_block          = "10.20.0.0/16"
  deletion_protection = false
}

module "shop" {
  source = "../.."

  name                = "shop"
  image_id            = "ami-0e5b0000000000001" # your image; this one exists in the local AWS
  instance_types      = ["t3.small"]
  public_subnet_ids   = webtier_network.shop.subnet_ids["public"]
  private_subnet_ids  = webtier_network.shop.subnet_ids["private"]
  deletion_protection = false
}

output "url" {
  value = module.shop.url
}
