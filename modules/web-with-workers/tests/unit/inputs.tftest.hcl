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

  mock_resource "webtier_queue_worker" {
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
  name    = "shop"
  web     = { image_id = "ami-0123456789abcdef0", instance_types = ["t3.small"] }
  workers = { image_id = "ami-0123456789abcdef1", instance_types = ["t3.medium"], average_processing_time = 20 }
}

run "has_no_database_unless_asked" {
  assert {
    condition     = length(webtier_ha_database.this) == 0 && output.database_endpoint == null && webtier_multi_server.this.security_group_ids == null
    error_message = "A database must be made for the asking only."
  }

  assert {
    condition     = toset(webtier_network.this.instance_types) == toset(["t3.small", "t3.medium"])
    error_message = "The zones must offer the types of both kinds of servers."
  }
}

run "servers_know_and_reach_queue_and_database" {
  variables {
    web      = { image_id = "ami-0123456789abcdef0", instance_types = ["t3.small"], user_data = "{{queue_url}} {{database_host}}:{{database_port}} {{database_secret_arn}}" }
    workers  = { image_id = "ami-0123456789abcdef1", instance_types = ["t3.small"], average_processing_time = 20, user_data = "{{database_host}}" }
    database = { engine = "postgres", engine_version = "16", instance_class = "db.t4g.medium", allocated_storage = 50 }
  }

  assert {
    condition     = webtier_multi_server.this.user_data == "${webtier_queue_worker.this.queue_url} ${webtier_ha_database.this[0].endpoint}:${webtier_ha_database.this[0].port} ${webtier_ha_database.this[0].secret_arn}"
    error_message = "The placeholders must stand for queue and database."
  }

  assert {
    condition     = webtier_queue_worker.this.user_data == webtier_ha_database.this[0].endpoint
    error_message = "The workers must know the database."
  }

  assert {
    condition = alltrue([for ids in [webtier_multi_server.this.security_group_ids, webtier_queue_worker.this.security_group_ids] :
    ids == toset([webtier_ha_database.this[0].client_security_group_id])])
    error_message = "Web servers and workers must have the database's client security group."
  }
}

run "a_script_that_asks_for_no_database_that_is" {
  command = plan

  variables {
    web     = { image_id = "ami-0123456789abcdef0", instance_types = ["t3.small"], user_data = "{{database_host}}" }
    workers = { image_id = "ami-0123456789abcdef1", instance_types = ["t3.small"], average_processing_time = 20, user_data = "{{database_host}}" }
  }

  expect_failures = [var.web, var.workers]
}

run "refuses_no_type" {
  command = plan

  variables {
    web     = { image_id = "ami-0123456789abcdef0", instance_types = [] }
    workers = { image_id = "ami-0123456789abcdef1", instance_types = [], average_processing_time = 20 }
  }

  expect_failures = [var.web, var.workers]
}

run "refuses_a_name_for_an_image" {
  command = plan

  variables {
    web     = { image_id = "shop-web", instance_types = ["t3.small"] }
    workers = { image_id = "shop-worker", instance_types = ["t3.small"], average_processing_time = 20 }
  }

  expect_failures = [var.web, var.workers]
}

run "refuses_that_a_zone_may_take_it_down" {
  command = plan

  variables {
    web = { image_id = "ami-0123456789abcdef0", instance_types = ["t3.small"], min_healthy_after_az_loss = 0 }
  }

  expect_failures = [var.web]
}

run "refuses_sizes_the_wrong_way_round" {
  command = plan

  variables {
    web     = { image_id = "ami-0123456789abcdef0", instance_types = ["t3.small"], min_size = 4, max_size = 2 }
    workers = { image_id = "ami-0123456789abcdef1", instance_types = ["t3.small"], average_processing_time = 20, min_size = 4, max_size = 2 }
  }

  expect_failures = [var.web, var.workers]
}

run "refuses_a_latency_below_the_processing_time" {
  command = plan

  variables {
    workers = { image_id = "ami-0123456789abcdef1", instance_types = ["t3.small"], average_processing_time = 20, target_latency = 10 }
  }

  expect_failures = [var.workers]
}

run "refuses_a_class_of_ec2" {
  command = plan

  variables {
    database = { engine = "postgres", engine_version = "16", instance_class = "t4g.medium", allocated_storage = 50 }
  }

  expect_failures = [var.database]
}

run "refuses_the_name_of_a_policy" {
  command = plan

  variables {
    web_policy_arns = ["shop-send"]
  }

  expect_failures = [var.web_policy_arns]
}

run "refuses_a_topic_name" {
  command = plan

  variables {
    alarm_actions = ["alerts"]
  }

  expect_failures = [var.alarm_actions]
}

run "refuses_half_a_port" {
  command = plan

  variables {
    web = { image_id = "ami-0123456789abcdef0", instance_types = ["t3.small"], port = 80.5 }
  }

  expect_failures = [var.web]
}

run "refuses_a_relative_health_check_path" {
  command = plan

  variables {
    web = { image_id = "ami-0123456789abcdef0", instance_types = ["t3.small"], health_check_path = "healthz" }
  }

  expect_failures = [var.web]
}

run "refuses_the_name_of_a_certificate" {
  command = plan

  variables {
    web = { image_id = "ami-0123456789abcdef0", instance_types = ["t3.small"], certificate_arn = "shop.example.com" }
  }

  expect_failures = [var.web]
}

run "refuses_work_that_takes_no_time" {
  command = plan

  variables {
    workers = { image_id = "ami-0123456789abcdef1", instance_types = ["t3.small"], average_processing_time = 0 }
  }

  expect_failures = [var.workers]
}

run "refuses_servers_that_do_nothing" {
  command = plan

  variables {
    workers = { image_id = "ami-0123456789abcdef1", instance_types = ["t3.small"], average_processing_time = 20, concurrency_per_instance = 0 }
  }

  expect_failures = [var.workers]
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

run "refuses_no_backups" {
  command = plan

  variables {
    database = { engine = "postgres", engine_version = "16", instance_class = "db.t4g.medium", allocated_storage = 50, backup_retention_days = 0 }
  }

  expect_failures = [var.database]
}

run "refuses_a_range_that_begins_elsewhere" {
  command = plan

  variables {
    cidr_block = "10.20.0.1/16"
  }

  expect_failures = [var.cidr_block]
}

run "refuses_an_unknown_nat_gateway_mode" {
  command = plan

  variables {
    nat_gateway_mode = "one"
  }

  expect_failures = [var.nat_gateway_mode]
}

run "refuses_a_name_in_capitals" {
  command = plan

  variables {
    name = "Shop"
  }

  expect_failures = [var.name]
}
