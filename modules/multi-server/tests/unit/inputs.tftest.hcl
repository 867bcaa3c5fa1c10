mock_provider "webtier" {
  mock_resource "webtier_multi_server" {
    defaults = {
      health_status = "healthy"
    }
  }
}

variables {
  name               = "shop"
  image_id           = "ami-0123456789abcdef0"
  instance_types     = ["t3.small"]
  public_subnet_ids  = ["subnet-0a1", "subnet-0a2"]
  private_subnet_ids = ["subnet-0b1", "subnet-0b2"]

  # With a value, for Terraform does not apply a test that leaves an ephemeral variable out.
  user_data_wo         = "#!/bin/sh"
  user_data_wo_version = 1
}

run "speaks_http_without_a_certificate" {
  assert {
    condition     = startswith(output.url, "http://")
    error_message = "Without a certificate the URL must be of HTTP."
  }
}

run "speaks_https_with_a_certificate" {
  variables {
    certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/1"
  }

  assert {
    condition     = startswith(output.url, "https://")
    error_message = "With a certificate the URL must be of HTTPS."
  }
}

run "keeps_what_a_failed_create_made" {
  command = plan

  assert {
    condition     = webtier_multi_server.this.on_create_failure == "keep"
    error_message = "A failed create must be finished by the next apply."
  }
}

run "has_no_alarms_unless_somebody_is_told" {
  command = plan

  assert {
    condition     = webtier_multi_server.this.alarm_actions == null
    error_message = "Without actions there must be no alarms."
  }
}

run "makes_a_bucket_for_access_logs" {
  command = plan

  variables {
    access_logs = {}
  }

  assert {
    condition     = webtier_multi_server.this.load_balancer.create_access_logs_bucket && webtier_multi_server.this.load_balancer.access_logs_bucket == null
    error_message = "Without a bucket of the user's, one must be made."
  }
}

run "uses_a_bucket_for_access_logs" {
  command = plan

  variables {
    access_logs = { bucket = "logs", prefix = "shop" }
  }

  assert {
    condition     = webtier_multi_server.this.load_balancer.create_access_logs_bucket == null && output.access_logs_bucket == "logs"
    error_message = "The user's bucket must be used."
  }
}

run "refuses_retention_in_a_bucket_of_the_users" {
  command = plan

  variables {
    access_logs = { bucket = "logs", retention_days = 30 }
  }

  expect_failures = [var.access_logs]
}

run "refuses_a_share_of_more_than_all" {
  command = plan

  variables {
    spot = { percentage = 101 }
  }

  expect_failures = [var.spot]
}

run "refuses_a_topic_name" {
  command = plan

  variables {
    alarm_actions = ["alarms"]
  }

  expect_failures = [var.alarm_actions]
}

run "refuses_a_name_that_aws_would_cut" {
  command = plan

  variables {
    name = "a-name-that-is-far-too-long"
  }

  expect_failures = [var.name]
}

run "refuses_an_image_name" {
  command = plan

  variables {
    image_id = "my-image"
  }

  expect_failures = [var.image_id]
}

run "refuses_no_instance_type" {
  command = plan

  variables {
    instance_types = []
  }

  expect_failures = [var.instance_types]
}

run "refuses_servers_in_one_zone" {
  command = plan

  variables {
    private_subnet_ids = ["subnet-0b1"]
  }

  expect_failures = [var.private_subnet_ids]
}

run "refuses_a_load_balancer_in_one_zone" {
  command = plan

  variables {
    public_subnet_ids = ["subnet-0a1"]
  }

  expect_failures = [var.public_subnet_ids]
}

run "refuses_port_zero" {
  command = plan

  variables {
    port = 0
  }

  expect_failures = [var.port]
}

run "refuses_a_relative_health_check_path" {
  command = plan

  variables {
    health_check_path = "healthz"
  }

  expect_failures = [var.health_check_path]
}

run "refuses_sizes_the_wrong_way_round" {
  command = plan

  variables {
    min_size = 4
    max_size = 2
  }

  expect_failures = [var.max_size]
}

run "refuses_a_certificate_name" {
  command = plan

  variables {
    certificate_arn = "example.com"
  }

  expect_failures = [var.certificate_arn]
}

run "refuses_no_server_after_the_loss_of_a_zone" {
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

run "hands_a_secret_script_over" {
  command = plan

  assert {
    condition     = webtier_multi_server.this.user_data_wo_version == 1 && webtier_multi_server.this.user_data == null
    error_message = "The secret script must take the place of the other."
  }
}

run "needs_no_secret_script" {
  command = plan

  variables {
    user_data            = "#!/bin/sh"
    user_data_wo         = null
    user_data_wo_version = null
  }

  assert {
    condition     = webtier_multi_server.this.user_data == "#!/bin/sh" && webtier_multi_server.this.user_data_wo_version == null
    error_message = "A plain script must reach the tier alone."
  }
}

run "refuses_a_secret_script_without_a_version" {
  command = plan

  variables {
    user_data_wo_version = null
  }

  expect_failures = [var.user_data_wo_version]
}

run "refuses_two_scripts" {
  command = plan

  variables {
    user_data = "#!/bin/sh"
  }

  expect_failures = [var.user_data_wo]
}

run "refuses_a_secret_script_too_large" {
  command = plan

  variables {
    user_data_wo = join("", [for n in range(1000) : "echo of a long script\n"])
  }

  expect_failures = [var.user_data_wo]
}
