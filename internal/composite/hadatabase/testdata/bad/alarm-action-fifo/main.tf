# want: is a FIFO topic
variable "private_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name              = "shop"
  engine            = "postgres"
  engine_version    = "16"
  instance_class    = "db.m7g.large"
  subnet_ids        = var.private_subnet_ids
  allocated_storage = 20
  alarm_actions     = ["arn:aws:sns:eu-west-1:123456789012:pager.fifo"]
}
