variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

variable "master_ids" {}

variable "master_group" {}

variable "masters_on" {
  default = true
}

variable "serve_reads" {
  default = true
}

variable "master_port" {
  default = null
}

variable "sync_port" {
  default = 873
}

variable "promote" {
  default = false
}

variable "script" {
  default = null
}

variable "image_id" {
  default = "ami-0e5b0000000000001"
}

variable "routes" {
  default = [
    { name = "uploads", paths = ["/upload/*"] },
    { name = "writes", methods = ["POST", "PUT"] },
    { name = "preview", header = "X-Preview", values = ["yes"], to = "servers" },
  ]
}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = var.image_id
  instance_types      = ["t3.small"]
  instance_subnet_ids = var.private_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids }
  port                = 8080
  security_group_ids  = [var.master_group]
  alarm_actions       = ["arn:aws:sns:eu-west-1:123456789012:ops"]
  deletion_protection = false

  masters = var.masters_on ? {
    instance_ids      = var.master_ids
    security_group_id = var.master_group
    serve_reads       = var.serve_reads
    port              = var.master_port
    sync_port         = var.sync_port
    promote           = var.promote
    script            = var.script
  } : null

  routes = var.routes
}
