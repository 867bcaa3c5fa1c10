resource "webtier_network" "shop" {
  name                = "shop"
  cidr_block          = "10.20.0.0/16"
  deletion_protection = false
}

module "thumbnails" {
  source = "../.."

  name                    = "thumbnails"
  image_id                = "ami-0e5b0000000000001" # your image; this one exists in the local AWS
  instance_types          = ["t3.small"]
  private_subnet_ids      = webtier_network.shop.subnet_ids["private"]
  average_processing_time = 20
  deletion_protection     = false
}

output "queue_url" {
  value = module.thumbnails.queue_url
}
