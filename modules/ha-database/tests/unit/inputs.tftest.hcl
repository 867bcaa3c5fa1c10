mock_provider "webtier" {
  mock_resource "webtier_ha_database" {
    defaults = {
      health_status = "healthy"
    }
  }
}

variables {
  name              = "shop"
  engine            = "postgres"
  engine_version    = "16"
  instance_class    = "db.t4g.medium"
  allocated_storage = 50
  subnet_ids        = ["subnet-0a1", "subnet-0a2"]
}

run "has_a_standby_by_default" {
  command = plan

  assert {
    condition     = webtier_ha_database.this.availability_mode == "multi_az_instance" && webtier_ha_database.this.deletion_protection
    error_message = "By default the database must have a standby and be protected."
  }
}

run "refuses_another_engine" {
  command = plan

  variables {
    engine = "oracle"
  }

  expect_failures = [var.engine]
}

run "refuses_a_version_in_words" {
  command = plan

  variables {
    engine_version = "latest"
  }

  expect_failures = [var.engine_version]
}

run "refuses_a_class_of_ec2" {
  command = plan

  variables {
    instance_class = "t4g.medium"
  }

  expect_failures = [var.instance_class]
}

run "refuses_one_subnet" {
  command = plan

  variables {
    subnet_ids = ["subnet-0a1"]
  }

  expect_failures = [var.subnet_ids]
}

run "refuses_an_unknown_mode" {
  command = plan

  variables {
    availability_mode = "multi_az"
  }

  expect_failures = [var.availability_mode]
}

run "refuses_no_storage" {
  command = plan

  variables {
    allocated_storage = null
  }

  expect_failures = [var.allocated_storage]
}

run "refuses_no_backups" {
  command = plan

  variables {
    backup_retention_days = 0
  }

  expect_failures = [var.backup_retention_days]
}
