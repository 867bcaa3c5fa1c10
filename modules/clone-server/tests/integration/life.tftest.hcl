# Runs against the local AWS, or an account of yours, with a server that is there
# already: give its variable master, and public_subnet_ids and private_subnet_ids.

variables {
  name                = "modclone"
  content_paths       = ["/var/www"]
  instance_types      = ["t3.small"]
  deletion_protection = false
  retain_images       = false
}

run "create" {
  assert {
    condition     = webtier_multi_server.this.health_status == "healthy"
    error_message = "The tier must be healthy."
  }

  assert {
    condition     = length([for finding in output.findings : finding if finding.id == "WT-AZ-11"]) == 1
    error_message = "The findings must name the master as a single point of failure."
  }
}

run "a_trigger_makes_an_image_and_rolls_the_clones" {
  variables {
    triggers = { release = "2" }
  }

  assert {
    condition     = webtier_multi_server.this.image_id == output.image_id && anytrue([for action in webtier_multi_server.this.planned_actions : startswith(action, "roll ")])
    error_message = "The clones must be of a new image."
  }

  assert {
    condition     = length(webtier_multi_server.this.planned_actions) > 0 && !anytrue([for action in webtier_multi_server.this.planned_actions : startswith(action, "create")])
    error_message = "A new image must change the tier in place."
  }
}
