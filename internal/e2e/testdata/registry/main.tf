module "shop" {
  source  = "webtier/ha-web-app/webtier"
  version = "~> 0.1"

  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.small"]
  database            = { engine = "postgres", engine_version = "16", instance_class = "db.t4g.medium", allocated_storage = 50 }
  deletion_protection = false
}
