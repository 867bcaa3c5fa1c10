mock_provider "webtier" {
  mock_resource "webtier_queue_worker" {
    defaults = {
      health_status = "healthy"
    }
  }
}

variables {
  name                    = "thumbnails"
  image_id                = "ami-0123456789abcdef0"
  instance_types          = ["t3.small"]
  private_subnet_ids      = ["subnet-0b1", "subnet-0b2"]
  average_processing_time = 20
}

run "keeps_what_a_failed_create_made" {
  assert {
    condition     = webtier_queue_worker.this.on_create_failure == "keep" && webtier_queue_worker.this.deletion_protection
    error_message = "A failed create must be finished by the next apply, and the queue be protected."
  }
}

run "refuses_workers_in_one_zone" {
  command = plan

  variables {
    private_subnet_ids = ["subnet-0b1"]
  }

  expect_failures = [var.private_subnet_ids]
}

run "refuses_work_that_takes_no_time" {
  command = plan

  variables {
    average_processing_time = 0
  }

  expect_failures = [var.average_processing_time]
}

run "refuses_a_latency_below_the_processing_time" {
  command = plan

  variables {
    target_latency = 10
  }

  expect_failures = [var.target_latency]
}

run "refuses_sizes_the_wrong_way_round" {
  command = plan

  variables {
    min_size = 4
    max_size = 2
  }

  expect_failures = [var.max_size]
}

run "refuses_no_try" {
  command = plan

  variables {
    max_receive_count = 0
  }

  expect_failures = [var.max_receive_count]
}

run "refuses_a_topic_name" {
  command = plan

  variables {
    alarm_actions = ["alerts"]
  }

  expect_failures = [var.alarm_actions]
}
