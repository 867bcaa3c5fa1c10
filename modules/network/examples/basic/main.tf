module "network" {
  source = "../.."

  name                = "shop"
  deletion_protection = false
}

output "subnet_ids" {
  value = module.network.subnet_ids
}
