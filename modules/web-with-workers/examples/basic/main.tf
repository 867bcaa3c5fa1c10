module "shop" {
  source = "../.."

  name    = "shop"
  web     = { image_id = "ami-0e5b0000000000001", instance_types = ["t3.small"] } # your images; these exist in the local AWS
  workers = { image_id = "ami-0e5b0000000000011", instance_types = ["t3.small"], average_processing_time = 8 }

  deletion_protection = false
}

output "url" {
  value = module.shop.url
}
