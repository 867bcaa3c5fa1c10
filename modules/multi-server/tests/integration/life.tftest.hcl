# Runs against the local AWS, or an account of yours.

variables {
  name                = "modtier"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.small"]
  deletion_protection = false
  access_logs         = { retention_days = 30 }

  # With a value, for Terraform does not apply a test that leaves an ephemeral variable out.
  user_data_wo         = "#!/bin/sh"
  user_data_wo_version = 1
}

run "network" {
  module {
    source = "./tests/integration/network"
  }
}

run "create" {
  variables {
    public_subnet_ids  = run.network.subnet_ids["public"]
    private_subnet_ids = run.network.subnet_ids["private"]
  }

  assert {
    condition     = webtier_multi_server.this.health_status == "healthy"
    error_message = "The tier must be healthy."
  }

  assert {
    condition     = startswith(output.access_logs_bucket, "modtier-logs-")
    error_message = "A bucket for access logs must be made."
  }
}

run "a_new_image_rolls" {
  variables {
    public_subnet_ids  = run.network.subnet_ids["public"]
    private_subnet_ids = run.network.subnet_ids["private"]
    image_id           = "ami-0e5b0000000000002"
  }

  assert {
    condition     = length(webtier_multi_server.this.planned_actions) > 0 && !anytrue([for action in webtier_multi_server.this.planned_actions : startswith(action, "create")])
    error_message = "A new image must change the tier in place."
  }
}
