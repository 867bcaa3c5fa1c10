mock_provider "webtier" {}

variables {
  name = "shop"
}

run "defaults_are_safe" {
  command = plan

  assert {
    condition     = webtier_network.this.availability_zone_count == 3 && webtier_network.this.nat_gateway_mode == "per_az"
    error_message = "By default the network must survive the loss of a zone."
  }

  assert {
    condition     = webtier_network.this.deletion_protection
    error_message = "By default the network must be protected."
  }
}

run "refuses_a_name_that_aws_would_cut" {
  command = plan

  variables {
    name = "a-name-that-is-far-too-long"
  }

  expect_failures = [var.name]
}

run "refuses_a_range_with_host_bits" {
  command = plan

  variables {
    cidr_block = "10.20.0.1/16"
  }

  expect_failures = [var.cidr_block]
}

run "refuses_one_zone" {
  command = plan

  variables {
    availability_zone_count = 1
  }

  expect_failures = [var.availability_zone_count]
}

run "refuses_an_unknown_nat_mode" {
  command = plan

  variables {
    nat_gateway_mode = "per_zone"
  }

  expect_failures = [var.nat_gateway_mode]
}

run "refuses_a_bucket_name_for_an_arn" {
  command = plan

  variables {
    flow_log_destination = "my-flow-logs"
  }

  expect_failures = [var.flow_log_destination]
}
