variable "server" {}
variable "subnet" {}
variable "public_subnet_ids" {}
variable "private_subnet_ids" {}
variable "triggers" { default = { version = "1" } }
variable "copies" { default = {} }
variable "min_age_before_delete" { default = "0s" }

resource "webtier_clone_server_image" "this" {
  name                  = "shop"
  source_instance_id    = var.server
  triggers              = var.triggers
  keep_last             = 1
  copies                = var.copies
  min_age_before_delete = var.min_age_before_delete
  retain_on_destroy     = false
  deletion_protection   = false
}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = webtier_clone_server_image.this.image_id
  instance_types      = ["t3.small"]
  instance_subnet_ids = var.private_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids }
  port                = 80
  min_size            = 2
  deletion_protection = false
}
