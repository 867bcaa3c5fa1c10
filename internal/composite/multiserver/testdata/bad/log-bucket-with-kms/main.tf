# want: Bucket encrypted with a KMS key: logs-with-kms
variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.micro"]
  instance_subnet_ids = var.private_subnet_ids
  port                = 8080
  load_balancer = {
    subnet_ids         = var.public_subnet_ids
    access_logs_bucket = "logs-with-kms"
  }
}
