# want: No Performance Insights on db.t4g.micro
# want: performance_insights = false
variable "private_subnet_ids" {}

resource "webtier_ha_database" "this" {
  name              = "shop"
  engine            = "mysql"
  engine_version    = "8.0"
  instance_class    = "db.t4g.micro"
  subnet_ids        = var.private_subnet_ids
  allocated_storage = 20
}
