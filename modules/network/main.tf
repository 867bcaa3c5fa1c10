resource "webtier_network" "this" {
  name                    = var.name
  cidr_block              = var.cidr_block
  availability_zone_count = var.availability_zone_count
  instance_types          = length(var.instance_types) == 0 ? null : var.instance_types
  nat_gateway_mode        = var.nat_gateway_mode
  flow_log_destination    = var.flow_log_destination
  deletion_protection     = var.deletion_protection
  tags                    = var.tags
}
