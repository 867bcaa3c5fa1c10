# want: Not enough free addresses in eu-west-1
# want: With scaling.schedules["rush"].max_size = 30 and
# want: there may be 60 servers for a while, 20 of them in eu-west-1
variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

variable "small_subnet_ids" {}

resource "webtier_multi_server" "this" {
  name                = "shop"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.micro"]
  instance_subnet_ids = var.small_subnet_ids
  load_balancer       = { subnet_ids = var.public_subnet_ids }
  port                = 8080
  max_size            = 6
  scaling = {
    schedules = {
      night = { recurrence = "0 20 * * *", min_size = 3, max_size = 6 }
      rush  = { recurrence = "0 8 * * *", min_size = 6, max_size = 30 }
    }
  }
}
