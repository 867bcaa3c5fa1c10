mock_provider "webtier" {
  mock_resource "webtier_network" {
    defaults = {
      subnet_ids = {
        public  = ["subnet-0a1", "subnet-0a2"]
        private = ["subnet-0b1", "subnet-0b2"]
        data    = ["subnet-0c1", "subnet-0c2"]
      }
    }
  }

  mock_resource "webtier_ha_database" {
    defaults = {
      health_status = "healthy"
    }
  }

  mock_resource "webtier_multi_server" {
    defaults = {
      health_status = "healthy"
    }
  }
}

variables {
  name           = "shop"
  image_id       = "ami-0123456789abcdef0"
  instance_types = ["t3.small"]
  database       = { engine = "postgres", engine_version = "16", instance_class = "db.t4g.medium", allocated_storage = 50 }
}

run "servers_may_reach_the_database" {
  assert {
    condition     = webtier_multi_server.this.security_group_ids == toset([webtier_ha_database.this.client_security_group_id])
    error_message = "The servers must have the database's client security group."
  }
}

run "user_data_knows_the_database" {
  variables {
    user_data = "host={{database_host}}:{{database_port}}"
  }

  assert {
    condition     = webtier_multi_server.this.user_data == "host=${webtier_ha_database.this.endpoint}:${webtier_ha_database.this.port}"
    error_message = "The placeholders must stand for the database's address."
  }
}

run "refuses_a_class_of_ec2" {
  command = plan

  variables {
    database = { engine = "postgres", engine_version = "16", instance_class = "t4g.medium", allocated_storage = 50 }
  }

  expect_failures = [var.database]
}

run "refuses_an_unknown_engine" {
  command = plan

  variables {
    database = { engine = "oracle", engine_version = "16", instance_class = "db.t4g.medium", allocated_storage = 50 }
  }

  expect_failures = [var.database]
}

run "refuses_no_storage" {
  command = plan

  variables {
    database = { engine = "postgres", engine_version = "16", instance_class = "db.t4g.medium" }
  }

  expect_failures = [var.database]
}

run "refuses_a_relative_health_check_path" {
  command = plan

  variables {
    health_check_path = "healthz"
  }

  expect_failures = [var.health_check_path]
}

run "refuses_that_a_zone_may_take_it_down" {
  command = plan

  variables {
    min_healthy_after_az_loss = 0
  }

  expect_failures = [var.min_healthy_after_az_loss]
}

run "follows_the_clock" {
  command = plan

  variables {
    scaling = {
      requests_per_target = 1000
      schedules = {
        morning = { recurrence = "0 7 * * MON-FRI", time_zone = "Europe/Berlin", min_size = 4 }
        evening = { recurrence = "0 20 * * MON-FRI", time_zone = "Europe/Berlin", min_size = 2 }
      }
    }
  }

  assert {
    condition     = webtier_multi_server.this.scaling.schedules["morning"].min_size == 4 && webtier_multi_server.this.scaling.requests_per_target == 1000
    error_message = "Goals and schedules must reach the tier."
  }
}

run "refuses_more_than_all_of_the_cpu" {
  command = plan

  variables {
    scaling = { cpu_utilization = 120 }
  }

  expect_failures = [var.scaling]
}

run "refuses_no_requests" {
  command = plan

  variables {
    scaling = { requests_per_target = 0 }
  }

  expect_failures = [var.scaling]
}

run "refuses_a_schedule_in_words" {
  command = plan

  variables {
    scaling = { schedules = { morning = { recurrence = "every morning", min_size = 4 } } }
  }

  expect_failures = [var.scaling]
}
