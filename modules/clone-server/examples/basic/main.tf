variable "master" {
  type = object({
    instance_id       = string
    private_ip        = string
    security_group_id = string
  })
  description = "The server that you have."
}

variable "public_subnet_ids" {
  type        = list(string)
  description = "Public subnets of its VPC."
}

variable "private_subnet_ids" {
  type        = list(string)
  description = "Private subnets of its VPC."
}

module "shop" {
  source = "../.."

  name                = "shop"
  master              = var.master
  content_paths       = ["/var/www"]
  instance_types      = ["t3.small"]
  public_subnet_ids   = var.public_subnet_ids
  private_subnet_ids  = var.private_subnet_ids
  deletion_protection = false

  sync = {
    stop_services = ["mariadb.service"]
    host_aliases  = ["db.internal"]
  }
}

output "url" {
  value = module.shop.url
}

output "master_script" {
  value = module.shop.master_script
}
