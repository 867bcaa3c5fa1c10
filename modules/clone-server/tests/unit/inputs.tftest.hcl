mock_provider "webtier" {
  mock_resource "webtier_clone_server_image" {
    defaults = {
      image_id = "ami-0123456789abcdef0"
    }
  }

  mock_resource "webtier_multi_server" {
    defaults = {
      health_status = "healthy"
    }
  }
}

variables {
  name = "shop"
  master = {
    instance_id       = "i-0123456789abcdef0"
    private_ip        = "10.20.0.15"
    security_group_id = "sg-0123456789abcdef0"
  }
  content_paths      = ["/var/www"]
  instance_types     = ["t3.small"]
  public_subnet_ids  = ["subnet-0a1", "subnet-0a2"]
  private_subnet_ids = ["subnet-0b1", "subnet-0b2"]
}

run "makes_clones_of_the_master" {
  assert {
    condition     = webtier_clone_server_image.this.source_instance_id == var.master.instance_id && webtier_multi_server.this.image_id == webtier_clone_server_image.this.image_id
    error_message = "The clones must be made of the master's image."
  }

  assert {
    condition     = contains(webtier_multi_server.this.security_group_ids, var.master.security_group_id)
    error_message = "Clones must be in the master's security group."
  }

  assert {
    condition     = contains(webtier_multi_server.this.routes[0].methods, "POST")
    error_message = "What writes must go to the master."
  }

  assert {
    condition     = startswith(output.url, "http://")
    error_message = "Without a certificate the URL must be of HTTP."
  }
}

run "clones_follow_the_master" {
  command = plan

  variables {
    sync = {
      interval      = 30
      health_file   = "/var/www/health/age"
      stop_services = ["mariadb.service"]
    }
  }

  assert {
    condition     = strcontains(webtier_multi_server.this.user_data, "MASTER='10.20.0.15'") && strcontains(webtier_multi_server.this.user_data, "INTERVAL=30")
    error_message = "The clones' boot script must fetch from the master."
  }

  assert {
    condition     = strcontains(webtier_multi_server.this.user_data, "stop 'mariadb.service'")
    error_message = "What must not run on clones must be stopped."
  }

  assert {
    condition     = strcontains(output.master_script, "path = $root/var/www") && strcontains(output.master_script, "/var/www/health/age")
    error_message = "The master's script must serve the folders, and have the file for health checks."
  }
}

run "images_of_the_master_as_a_rule" {
  command = plan

  assert {
    condition     = !webtier_clone_server_image.this.paused && !webtier_multi_server.this.masters.promote
    error_message = "Without promote_clone, images are made and no clone is taken out of the group."
  }
}

run "delivers_the_script_where_asked" {
  command = plan

  variables {
    deliver_master_script = true
  }

  assert {
    condition     = webtier_multi_server.this.masters.script == output.master_script
    error_message = "The master's script must be run on the master."
  }
}

run "a_promotion_comes_before_images" {
  command = plan

  variables {
    promote_clone = true
  }

  assert {
    condition     = webtier_clone_server_image.this.paused && webtier_multi_server.this.masters.promote
    error_message = "The clone must become the master at once, and the image wait."
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

run "refuses_a_name_that_aws_would_cut" {
  command = plan

  variables {
    name = "a-name-that-is-far-too-long"
  }

  expect_failures = [var.name]
}

run "refuses_a_master_that_is_no_instance" {
  command = plan

  variables {
    master = {
      instance_id       = "my-server"
      private_ip        = "10.20.0.15"
      security_group_id = "sg-0123456789abcdef0"
    }
  }

  expect_failures = [var.master]
}

run "refuses_an_address_that_is_none" {
  command = plan

  variables {
    master = {
      instance_id       = "i-0123456789abcdef0"
      private_ip        = "master.internal"
      security_group_id = "sg-0123456789abcdef0"
    }
  }

  expect_failures = [var.master]
}

run "refuses_a_group_by_its_name" {
  command = plan

  variables {
    master = {
      instance_id       = "i-0123456789abcdef0"
      private_ip        = "10.20.0.15"
      security_group_id = "web"
    }
  }

  expect_failures = [var.master]
}

run "refuses_no_content" {
  command = plan

  variables {
    content_paths = []
  }

  expect_failures = [var.content_paths]
}

run "refuses_relative_content" {
  command = plan

  variables {
    content_paths = ["www/"]
  }

  expect_failures = [var.content_paths]
}

run "refuses_that_nothing_goes_to_the_master" {
  command = plan

  variables {
    master_routes = []
  }

  expect_failures = [var.master_routes]
}

run "refuses_content_that_is_too_old_after_one_pull" {
  command = plan

  variables {
    sync = { interval = 60, max_age = 60 }
  }

  expect_failures = [var.sync]
}

run "refuses_images_of_no_age" {
  command = plan

  variables {
    max_age_days = 0
  }

  expect_failures = [var.max_age_days]
}

run "refuses_clones_in_one_zone" {
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

run "refuses_no_instance_type" {
  command = plan

  variables {
    instance_types = []
  }

  expect_failures = [var.instance_types]
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

run "refuses_more_than_all_of_the_cpu" {
  command = plan

  variables {
    scaling = { cpu_utilization = 120 }
  }

  expect_failures = [var.scaling]
}

run "refuses_a_certificate_name" {
  command = plan

  variables {
    certificate_arn = "example.com"
  }

  expect_failures = [var.certificate_arn]
}

run "clones_come_by_the_clock" {
  command = plan

  variables {
    scaling = {
      schedules = {
        morning = { recurrence = "0 7 * * MON-FRI", min_size = 4 }
        evening = { recurrence = "0 20 * * MON-FRI", min_size = 2 }
      }
    }
  }

  assert {
    condition     = webtier_multi_server.this.scaling.schedules["morning"].min_size == 4
    error_message = "Schedules must reach the servers."
  }
}

run "refuses_a_schedule_that_is_none" {
  command = plan

  variables {
    scaling = { schedules = { morning = { recurrence = "every morning", min_size = 4 } } }
  }

  expect_failures = [var.scaling]
}
