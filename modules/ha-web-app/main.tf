locals {
  # What the servers' script may want to know of the database.
  facts = {
    "{{database_host}}"       = webtier_ha_database.this.endpoint
    "{{database_port}}"       = tostring(webtier_ha_database.this.port)
    "{{database_secret_arn}}" = webtier_ha_database.this.secret_arn
  }
  user_data = var.user_data == null ? null : replace(replace(replace(var.user_data,
    "{{database_host}}", local.facts["{{database_host}}"]),
    "{{database_port}}", local.facts["{{database_port}}"]),
  "{{database_secret_arn}}", local.facts["{{database_secret_arn}}"])
}

resource "webtier_network" "this" {
  name                = var.name
  cidr_block          = var.cidr_block
  instance_types      = var.instance_types
  nat_gateway_mode    = var.nat_gateway_mode
  deletion_protection = var.deletion_protection
  tags                = var.tags
}

resource "webtier_ha_database" "this" {
  name                  = var.name
  engine                = var.database.engine
  engine_version        = var.database.engine_version
  instance_class        = var.database.instance_class
  allocated_storage     = var.database.allocated_storage
  availability_mode     = var.database.availability_mode
  database_name         = var.database.name
  parameters            = var.database.parameters
  backup_retention_days = var.database.backup_retention_days
  subnet_ids            = webtier_network.this.subnet_ids["data"]

  # A create that fails keeps what it made and is finished by the next apply; the
  # condition below makes it fail all the same.
  on_create_failure   = "keep"
  deletion_protection = var.deletion_protection
  tags                = var.tags

  lifecycle {
    postcondition {
      condition     = self.health_status == "healthy"
      error_message = "The database is not healthy: ${coalesce(self.last_failure, "it is not available")}"
    }
  }
}

resource "webtier_multi_server" "this" {
  name                      = var.name
  image_id                  = var.image_id
  instance_types            = var.instance_types
  instance_subnet_ids       = webtier_network.this.subnet_ids["private"]
  port                      = var.port
  user_data                 = local.user_data
  iam_policy_arns           = var.iam_policy_arns
  security_group_ids        = [webtier_ha_database.this.client_security_group_id]
  min_size                  = var.min_size
  max_size                  = var.max_size
  scaling                   = var.scaling
  min_healthy_after_az_loss = var.min_healthy_after_az_loss

  load_balancer = {
    subnet_ids      = webtier_network.this.subnet_ids["public"]
    certificate_arn = var.certificate_arn
  }

  health_check = {
    path = var.health_check_path
  }

  on_create_failure   = "keep"
  deletion_protection = var.deletion_protection
  tags                = var.tags

  lifecycle {
    postcondition {
      condition     = self.health_status == "healthy"
      error_message = "The tier is not healthy: ${coalesce(self.last_failure, "its servers do not answer")}"
    }
  }
}

# What the pattern promises: no part whose loss takes the application down.
check "no_single_point_of_failure" {
  assert {
    condition = alltrue([for finding in concat(webtier_network.this.findings, webtier_ha_database.this.findings, webtier_multi_server.this.findings) :
    !startswith(finding.id, "WT-AZ")])
    error_message = join("\n", [for finding in concat(webtier_network.this.findings, webtier_ha_database.this.findings, webtier_multi_server.this.findings) :
    "${finding.message} ${finding.fix}" if startswith(finding.id, "WT-AZ")])
  }
}
