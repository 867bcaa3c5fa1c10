# Runs against the local AWS, or an account of yours.

variables {
  name                = "moddb"
  engine              = "postgres"
  engine_version      = "16"
  instance_class      = "db.m7g.large"
  allocated_storage   = 50
  deletion_protection = false
}

run "network" {
  module {
    source = "./tests/integration/network"
  }
}

run "create" {
  variables {
    subnet_ids = run.network.subnet_ids["data"]
  }

  assert {
    condition     = output.secret_arn != "" && length([for finding in output.findings : finding if startswith(finding.id, "WT-AZ")]) == 0
    error_message = "The database must have a secret and no single point of failure."
  }
}

run "changes_in_place" {
  variables {
    subnet_ids            = run.network.subnet_ids["data"]
    backup_retention_days = 21
  }

  assert {
    condition     = length(webtier_ha_database.this.planned_actions) > 0 && !anytrue([for action in webtier_ha_database.this.planned_actions : startswith(action, "create")])
    error_message = "A change must not make another database."
  }
}
