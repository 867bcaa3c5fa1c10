locals {
  # What the servers' scripts may want to know. Workers find their queue by themselves.
  database = try(webtier_ha_database.this[0], { endpoint = "", port = "", secret_arn = "" })
  script = { for servers, script in { web = var.web.user_data, workers = var.workers.user_data } : servers =>
    script == null ? null : replace(replace(replace(script,
      "{{database_host}}", local.database.endpoint),
      "{{database_port}}", local.database.port),
    "{{database_secret_arn}}", local.database.secret_arn)
  }
  security_group_ids = var.database == null ? null : webtier_ha_database.this[*].client_security_group_id

  findings = concat(webtier_network.this.findings, flatten(webtier_ha_database.this[*].findings),
  webtier_queue_worker.this.findings, webtier_multi_server.this.findings)
}

resource "webtier_network" "this" {
  name                = var.name
  cidr_block          = var.cidr_block
  instance_types      = distinct(concat(var.web.instance_types, var.workers.instance_types))
  nat_gateway_mode    = var.nat_gateway_mode
  deletion_protection = var.deletion_protection
  tags                = var.tags
}

resource "webtier_ha_database" "this" {
  count = var.database == null ? 0 : 1

  name                  = var.name
  engine                = var.database.engine
  engine_version        = var.database.engine_version
  instance_class        = var.database.instance_class
  allocated_storage     = var.database.allocated_storage
  availability_mode     = var.database.availability_mode
  database_name         = var.database.name
  backup_retention_days = var.database.backup_retention_days
  subnet_ids            = webtier_network.this.subnet_ids["data"]
  on_create_failure     = "keep"
  deletion_protection   = var.deletion_protection
  tags                  = var.tags

  lifecycle {
    postcondition {
      condition     = self.health_status == "healthy"
      error_message = "The database is not healthy: ${coalesce(self.last_failure, "it is not available")}"
    }
  }
}

# What visitors do not wait for: the web servers put it into the queue, the workers do it.
resource "webtier_queue_worker" "this" {
  name                     = var.name
  image_id                 = var.workers.image_id
  instance_types           = var.workers.instance_types
  instance_subnet_ids      = webtier_network.this.subnet_ids["private"]
  average_processing_time  = var.workers.average_processing_time
  target_latency           = var.workers.target_latency
  concurrency_per_instance = var.workers.concurrency_per_instance
  min_size                 = var.workers.min_size
  max_size                 = var.workers.max_size
  user_data                = local.script.workers
  iam_policy_arns          = var.workers.iam_policy_arns
  security_group_ids       = local.security_group_ids
  alarm_actions            = length(var.alarm_actions) == 0 ? null : var.alarm_actions

  # A create that fails keeps what it made and is finished by the next apply; the
  # condition below makes it fail all the same.
  on_create_failure   = "keep"
  deletion_protection = var.deletion_protection
  tags                = var.tags

  lifecycle {
    postcondition {
      condition     = self.health_status == "healthy"
      error_message = "The workers are not healthy: ${coalesce(self.last_failure, "they do not start")}"
    }
  }
}

resource "webtier_multi_server" "this" {
  name                      = var.name
  image_id                  = var.web.image_id
  instance_types            = var.web.instance_types
  instance_subnet_ids       = webtier_network.this.subnet_ids["private"]
  port                      = var.web.port
  user_data                 = local.script.web == null ? null : replace(local.script.web, "{{queue_url}}", webtier_queue_worker.this.queue_url)
  iam_policy_arns           = var.web_policy_arns
  security_group_ids        = local.security_group_ids
  min_size                  = var.web.min_size
  max_size                  = var.web.max_size
  min_healthy_after_az_loss = var.web.min_healthy_after_az_loss

  load_balancer = {
    subnet_ids      = webtier_network.this.subnet_ids["public"]
    certificate_arn = var.web.certificate_arn
  }

  health_check = {
    path = var.web.health_check_path
  }

  on_create_failure   = "keep"
  deletion_protection = var.deletion_protection
  tags                = var.tags

  lifecycle {
    postcondition {
      condition     = self.health_status == "healthy"
      error_message = "The web servers are not healthy: ${coalesce(self.last_failure, "they do not answer")}"
    }
  }
}

# What the pattern promises: no part whose loss takes the application down.
check "no_single_point_of_failure" {
  assert {
    condition     = alltrue([for finding in local.findings : !startswith(finding.id, "WT-AZ")])
    error_message = join("\n", [for finding in local.findings : "${finding.message} ${finding.fix}" if startswith(finding.id, "WT-AZ")])
  }
}
